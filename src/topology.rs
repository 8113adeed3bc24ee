//! [`Topology`]: what the operator knows and the log does not say: which host belongs to which upstream and zone.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// One upstream as its operator knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopologyUpstream {
    /// The name reports use.
    pub name: String,
    /// The authority (`Host`, `:authority`, SNI) its requests carry, with or without port.
    pub authority: Option<String>,
    /// `(address, zone)` of its hosts; addresses with or without port, an empty zone for "unknown".
    pub hosts: Vec<(String, String)>,
}

/// Names and zones of hosts, authorities and networks.
///
/// Letter case does not matter in names. An entry without a port fits every port; one with a port fits that port, and
/// a look-up without a port where all entries of the address agree. Zones of hosts go before zones of networks, longer
/// prefixes before shorter ones.
///
/// ```
/// use brownout::{Topology, TopologyUpstream};
/// let payments = TopologyUpstream {
///     name: "payments".into(),
///     authority: Some("pay.example.org".into()),
///     hosts: vec![("10.1.0.7:8080".into(), "zone-a".into())],
/// };
/// let topology = Topology::new(&[payments], &[("zone-b".into(), vec!["10.2.0.0/16".into()])])?;
/// assert_eq!(topology.upstream_of("Pay.Example.org:443"), Some("payments"));
/// assert_eq!(topology.upstream_of("10.1.0.7:8080"), Some("payments"));
/// assert_eq!(topology.zone_of("10.1.0.7:8080"), Some("zone-a"));
/// assert_eq!(topology.zone_of("10.2.3.4:80"), Some("zone-b"));
/// assert_eq!(topology.zone_of("192.0.2.1"), None);
/// # Ok::<(), brownout::TopologyError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// Entries per name or address, lower case, without port.
    places: HashMap<Box<[u8]>, Vec<Place>>,
    /// One table per prefix length in use, longest first.
    networks: Vec<Networks>,
}

#[derive(Debug, Clone)]
struct Place {
    port: Option<u16>,
    upstream: Option<Box<str>>,
    zone: Option<Box<str>>,
}

/// Networks of one prefix length. IPv4 stands in its mapped form, `::ffff:a.b.c.d`.
#[derive(Debug, Clone)]
struct Networks {
    prefix: u8,
    zones: HashMap<u128, Box<str>>,
}

/// A network that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologyError {
    text: String,
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = crate::escape::Sanitized(self.text.as_bytes());
        write!(
            f,
            "`{text}` is no network: expected an address and a prefix length like 10.1.0.0/16 or 2001:db8::/32"
        )
    }
}

impl std::error::Error for TopologyError {}

impl Topology {
    /// A topology of these upstreams and of zones by network, as `(zone, networks)`. Where entries contradict each
    /// other, the first counts.
    ///
    /// # Errors
    /// A network that is no address with a prefix length.
    pub fn new(
        upstreams: &[TopologyUpstream],
        zones: &[(String, Vec<String>)],
    ) -> Result<Self, TopologyError> {
        let mut topology = Self::default();
        for upstream in upstreams {
            if let Some(authority) = &upstream.authority {
                topology.add(authority, Some(&upstream.name), None);
            }
            for (address, zone) in &upstream.hosts {
                topology.add(address, Some(&upstream.name), (!zone.is_empty()).then_some(zone));
            }
        }
        for (zone, networks) in zones {
            for network in networks {
                topology.add_network(network, zone)?;
            }
        }
        topology.networks.sort_by_key(|n| std::cmp::Reverse(n.prefix));
        Ok(topology)
    }

    /// Whether it knows nothing, so that asking is a waste of time.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.networks.is_empty()
    }

    /// The upstream that `name`, an authority or a host's address, belongs to.
    pub fn upstream_of(&self, name: impl AsRef<[u8]>) -> Option<&str> {
        let (places, port) = self.find(name.as_ref())?;
        let fits = |p: &&Place| p.port.is_none() || p.port == port;
        match port {
            Some(_) => places.iter().filter(fits).find_map(|p| p.upstream.as_deref()),
            None => agreed(places.iter().filter_map(|p| p.upstream.as_deref())),
        }
    }

    /// The zone of the host at `address`, or of the network it lies in.
    pub fn zone_of(&self, address: impl AsRef<[u8]>) -> Option<&str> {
        let address = address.as_ref();
        let of_host = self.find(address).and_then(|(places, port)| {
            let exact = places.iter().filter(|p| p.port == port).find_map(|p| p.zone.as_deref());
            exact.or_else(|| agreed(places.iter().filter_map(|p| p.zone.as_deref())))
        });
        of_host.or_else(|| self.zone_of_network(address))
    }

    fn find(&self, name: &[u8]) -> Option<(&[Place], Option<u16>)> {
        if self.places.is_empty() {
            return None;
        }
        let (host, port) = split_port(name);
        let places = self.places.get(&*canonical(host))?;
        Some((places, port))
    }

    fn zone_of_network(&self, address: &[u8]) -> Option<&str> {
        if self.networks.is_empty() {
            return None;
        }
        let bits = mapped(parse_address(split_port(address).0)?);
        self.networks.iter().find_map(|n| n.zones.get(&masked(bits, n.prefix)).map(|zone| &**zone))
    }

    fn add(&mut self, name: &str, upstream: Option<&str>, zone: Option<&String>) {
        let (host, port) = split_port(name.as_bytes());
        let places = self.places.entry(canonical(host).into()).or_default();
        places.push(Place {
            port,
            upstream: upstream.map(Into::into),
            zone: zone.map(|z| z.as_str().into()),
        });
    }

    fn add_network(&mut self, network: &str, zone: &str) -> Result<(), TopologyError> {
        let (bits, prefix) =
            parse_network(network).ok_or_else(|| TopologyError { text: network.to_owned() })?;
        let at = self.networks.iter().position(|n| n.prefix == prefix).unwrap_or_else(|| {
            self.networks.push(Networks { prefix, zones: HashMap::new() });
            self.networks.len() - 1
        });
        if let Some(networks) = self.networks.get_mut(at) {
            networks.zones.entry(masked(bits, prefix)).or_insert_with(|| zone.into());
        }
        Ok(())
    }
}

/// The one value, if there is one and no other.
fn agreed<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Cuts off `:port`. `[2001:db8::1]:80`, `[2001:db8::1]` and `2001:db8::1` are all understood.
fn split_port(name: &[u8]) -> (&[u8], Option<u16>) {
    let port = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
    if let Some(inner) = name.strip_prefix(b"[")
        && let Some(end) = inner.iter().position(|&b| b == b']')
    {
        let (host, rest) = inner.split_at(end);
        return (host, rest.strip_prefix(b"]:").and_then(port));
    }
    let Some(colon) = name.iter().position(|&b| b == b':') else { return (name, None) };
    let (host, rest) = name.split_at(colon);
    match rest.get(1..).and_then(port) {
        Some(port) => (host, Some(port)),
        None => (name, None),
    }
}

/// The one spelling of a name (lower case) or of an IPv6 address (as the standard library writes it).
fn canonical(host: &[u8]) -> Cow<'_, [u8]> {
    if host.contains(&b':')
        && let Some(address) = parse_address(host)
    {
        return Cow::Owned(address.to_canonical().to_string().into_bytes());
    }
    if host.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

fn parse_address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn parse_network(text: &str) -> Option<(u128, u8)> {
    let (address, prefix) = text.trim().split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = prefix.parse().ok()?;
    match address {
        IpAddr::V4(_) => (prefix <= 32).then(|| (mapped(address), prefix + 96)),
        IpAddr::V6(_) => (prefix <= 128).then(|| (mapped(address), prefix)),
    }
}

/// The address as 128 bits, IPv4 in its mapped form.
fn mapped(address: IpAddr) -> u128 {
    let v6: Ipv6Addr = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    v6.to_bits()
}

/// The first `prefix` bits.
fn masked(bits: u128, prefix: u8) -> u128 {
    bits & u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology() -> Topology {
        let upstream = |name: &str, authority: Option<&str>, hosts: &[(&str, &str)]| TopologyUpstream {
            name: name.into(),
            authority: authority.map(Into::into),
            hosts: hosts.iter().map(|(a, z)| ((*a).into(), (*z).into())).collect(),
        };
        let zone =
            |name: &str, networks: &[&str]| (name.into(), networks.iter().map(|n| (*n).into()).collect());
        Topology::new(
            &[
                upstream(
                    "pay",
                    Some("Pay.Example.org"),
                    &[("10.1.0.7:8080", "a"), ("[2001:DB8:0::7]:80", "a")],
                ),
                upstream("cart", None, &[("10.1.0.7:9090", "a"), ("10.1.0.8", "b"), ("cart-1", "")]),
                upstream("secure", Some("secure.example.org:8443"), &[]),
            ],
            &[
                zone("wide", &["10.0.0.0/8", "2001:db8::/32"]),
                zone("narrow", &["10.3.0.0/16", "10.4.1.1/32"]),
                zone("rest", &["0.0.0.0/0"]),
            ],
        )
        .expect("valid")
    }

    #[test]
    fn upstreams_by_authority_and_address() {
        let topology = topology();
        for (name, expected) in [
            ("pay.example.org", Some("pay")),
            ("PAY.example.ORG:443", Some("pay")),
            ("10.1.0.7:8080", Some("pay")),
            ("10.1.0.7:9090", Some("cart")),
            ("10.1.0.7:1", None),
            ("10.1.0.7", None), // two upstreams share the address
            ("10.1.0.8:5000", Some("cart")),
            ("cart-1:80", Some("cart")),
            ("[2001:db8::7]:80", Some("pay")),
            ("2001:db8::7", Some("pay")),
            ("secure.example.org:8443", Some("secure")),
            ("secure.example.org", Some("secure")),
            ("secure.example.org:443", None),
            ("", None),
            ("-", None),
            (":80", None),
            ("[", None),
            ("[]:", None),
        ] {
            assert_eq!(topology.upstream_of(name), expected, "{name}");
        }
        assert_eq!(topology.upstream_of(b"\xff\xfe:80"), None);
    }

    #[test]
    fn zones_by_host_then_by_longest_network() {
        let topology = topology();
        for (address, expected) in [
            ("10.1.0.7:8080", Some("a")),
            ("10.1.0.7", Some("a")),
            ("10.1.0.7:1", Some("a")),
            ("10.1.0.8:80", Some("b")),
            ("10.9.9.9:80", Some("wide")),
            ("10.3.0.0", Some("narrow")),
            ("10.3.255.255:1", Some("narrow")),
            ("10.4.1.1", Some("narrow")),
            ("10.4.1.2", Some("wide")),
            ("::ffff:10.3.4.5", Some("narrow")),
            ("192.0.2.1:80", Some("rest")),
            ("2001:db8:1::1", Some("wide")),
            ("[2001:db8:1::1]:443", Some("wide")),
            ("2001:db9::1", None),
            ("cart-1:80", None),
            ("-", None),
            ("10.3.4", None),
        ] {
            assert_eq!(topology.zone_of(address), expected, "{address}");
        }
    }

    #[test]
    fn a_wrong_network_is_named() {
        for text in
            ["10.0.0.0/33", "2001:db8::/129", "10.0.0.0", "10.0.0/8", "/8", "10.0.0.0/-1", "", "a\x1b[2J/8"]
        {
            let error = Topology::new(&[], &[("z".into(), vec![text.into()])]).expect_err(text);
            let message = error.to_string();
            assert!(message.ends_with("like 10.1.0.0/16 or 2001:db8::/32"), "{message}");
            assert!(!message.contains('\x1b'), "{message}");
        }
        assert!(Topology::default().is_empty() && !topology().is_empty());
    }
}
