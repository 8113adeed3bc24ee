//! What the line says about the request and its answer.

use std::net::IpAddr;

use super::request_line::authority;
use super::{Record, Value, integer};
use crate::schema::{Field, Product};

impl<'a> Record<'a> {
    /// The value of `field`, if the line has one that is not empty.
    pub(super) fn text(&self, field: Field) -> Option<Value<'a>> {
        self.value(field).filter(|value| !value.raw().is_empty())
    }

    /// Host the client asked for: `$host`, `:authority`, the name given in TLS; else the host of an absolute target,
    /// without its port.
    ///
    /// nginx and Apache write a port behind a virtual host where the format says so; it is left out here.
    pub fn host(&self) -> Option<Value<'a>> {
        let own = self.text(Field::Host).map(|host| match self.schema().product() {
            Product::Nginx | Product::Apache => host.part(without_port(host.raw(), false)),
            _ => host,
        });
        own.or_else(|| {
            let target = self.request_line().target?;
            let raw = target.raw();
            let rest = raw.get(authority(raw)?..)?;
            let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
            let authority = target.part(without_port(rest.get(..end)?, true));
            Some(authority).filter(|host| !host.raw().is_empty())
        })
    }

    /// Address of the client, without port and brackets. Where the log has only `X-Forwarded-For` (Envoy), or a list of
    /// addresses in its place, the first of them that is public, and the first of all where none is; clients can choose
    /// what they send.
    pub fn client(&self) -> Option<Value<'a>> {
        let logged = self.text(Field::Client).or_else(|| {
            let only_forwarded =
                self.schema().product() == Product::Envoy || !self.schema().has(Field::Client);
            only_forwarded.then(|| self.text(Field::ForwardedFor)).flatten()
        })?;
        let raw = logged.raw();
        let raw = raw.strip_prefix(b"\"").unwrap_or(raw);
        let first = if raw.contains(&b',') { first_public(raw) } else { raw.trim_ascii() };
        // `client:port`, `ci:cp`: two variables in one column.
        let name = &logged.column().name;
        let with_port = name.contains(':') && !name.contains('(');
        Some(logged.part(without_port(first, with_port))).filter(|client| !matches!(client.raw(), b"" | b"-"))
    }

    /// Microseconds from the first byte of the request to the last of the response, as the product measures it.
    ///
    /// ALB logs three parts; where one of them is `-1`, the two stamps are used. `None` when unknown or negative.
    pub fn duration_micros(&self) -> Option<u64> {
        if let Some(duration) = self.value(Field::Duration) {
            return duration.micros();
        }
        self.sum_of_parts().or_else(|| {
            let start = match &self.value(Field::StartTime)? {
                start if !start.raw().is_empty() => self.instant(*start)?,
                _ => return None,
            };
            u64::try_from(self.time()?.as_micros().checked_sub(start.as_micros())?).ok()
        })
    }

    fn sum_of_parts(&self) -> Option<u64> {
        let part = |field| self.value(field).and_then(Value::micros);
        let target = part(Field::UpstreamResponseTime).or_else(|| part(Field::UpstreamHeaderTime))?;
        part(Field::DispatchTime)?.checked_add(target)?.checked_add(part(Field::ReturnTime)?)
    }

    /// Bytes to the client. Whether the header counts is the product's choice: nginx, Envoy and Traefik leave it out,
    /// ALB and HAProxy count it. HAProxy counts the header as the server sent it and without the `: ` and the line
    /// break of every field, so its number is a little below the bytes on the wire.
    #[inline]
    pub fn bytes_sent(&self) -> Option<u64> {
        match self.raw(Field::BytesSent) {
            Some(bytes) => integer(bytes),
            None => self.sends_nothing().then_some(0),
        }
    }

    /// Apache writes the 0 of `%b` as a dash.
    #[cold]
    fn sends_nothing(&self) -> bool {
        let slot =
            self.schema().slot(Field::BytesSent).filter(|_| self.schema().product() == Product::Apache);
        slot.and_then(|slot| self.column(slot)).is_some_and(|v| &*v.column().name == "%b" && v.raw() == b"-")
    }

    /// Bytes from the client, counted as the product does.
    pub fn bytes_received(&self) -> Option<u64> {
        integer(self.raw(Field::BytesReceived)?)
    }

    /// The product's own word for what happened: response flags, termination state, `error_reason`, `statusDetails`.
    pub fn reason(&self) -> Option<Value<'a>> {
        self.text(Field::Reason)
    }

    /// More about the reason: Envoy's response code details.
    pub fn details(&self) -> Option<Value<'a>> {
        self.text(Field::Details)
    }

    /// gRPC status, logged as a number or by name.
    pub fn grpc_status(&self) -> Option<u8> {
        let raw = self.raw(Field::GrpcStatus)?;
        if let Some(code) = integer(raw) {
            return u8::try_from(code).ok();
        }
        let same = |name: &str| {
            let letters = raw.iter().filter(|b| **b != b'_').map(u8::to_ascii_lowercase);
            letters.eq(name.bytes())
        };
        GRPC_NAMES.iter().position(|name| same(name)).map(|code| code as u8)
    }

    /// `User-Agent`.
    pub fn user_agent(&self) -> Option<Value<'a>> {
        self.value(Field::UserAgent)
    }

    /// `Referer`.
    pub fn referer(&self) -> Option<Value<'a>> {
        self.value(Field::Referer)
    }

    /// Request or trace id. Clients can choose it freely where the proxy takes theirs over.
    pub fn request_id(&self) -> Option<Value<'a>> {
        self.text(Field::RequestId)
    }
}

/// Of a list of addresses the first that is no network's own; the first of all where there is none.
fn first_public(list: &[u8]) -> &[u8] {
    let mut entries = list.split(|&b| b == b',').map(<[u8]>::trim_ascii);
    let public = entries.clone().find(|entry| {
        let bare = std::str::from_utf8(without_port(entry, false)).ok();
        match bare.and_then(|text| text.parse().ok()) {
            Some(IpAddr::V4(v4)) => {
                let [a, b, ..] = v4.octets();
                let shared = a == 100 && b & 0xC0 == 64; // RFC 6598
                !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared)
            }
            Some(IpAddr::V6(v6)) => {
                !(v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local())
            }
            None => false,
        }
    });
    public.or_else(|| entries.next()).unwrap_or(list)
}

/// In the order of their codes; source: `grpc/status.h`. Envoy writes them in camel or snake case.
const GRPC_NAMES: [&str; 17] = [
    "ok",
    "canceled",
    "unknown",
    "invalidargument",
    "deadlineexceeded",
    "notfound",
    "alreadyexists",
    "permissiondenied",
    "resourceexhausted",
    "failedprecondition",
    "aborted",
    "outofrange",
    "unimplemented",
    "internal",
    "unavailable",
    "dataloss",
    "unauthenticated",
];

/// `[::1]:80`, `10.0.0.1:80`, `::1`; `::1:80` where the column always ends with a port.
pub(super) fn without_port(addr: &[u8], always_has_port: bool) -> &[u8] {
    if let Some(inner) = addr.strip_prefix(b"[") {
        return inner.split(|&b| b == b']').next().unwrap_or(inner);
    }
    let Some(colon) = addr.iter().rposition(|&b| b == b':') else { return addr };
    let (host, port) = (&addr[..colon], &addr[colon + 1..]);
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    let is_ipv6 = host.contains(&b':');
    if is_port && host != b"unix" && (always_has_port || !is_ipv6) { host } else { addr }
}

#[cfg(test)]
mod tests {
    use super::{first_public, without_port};

    #[test]
    fn the_first_public_address_of_a_list() {
        for (list, want) in [
            ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
            ("10.0.0.2, 10.0.0.1, 203.0.113.7, 198.51.100.1", "203.0.113.7"),
            ("10.0.0.2,192.168.0.1", "10.0.0.2"),
            ("unknown, 100.64.0.1, fd00::1, [2001:db8::1]:443", "[2001:db8::1]:443"),
            ("localhost, ::1", "localhost"),
            (",", ""),
        ] {
            assert_eq!(first_public(list.as_bytes()), want.as_bytes(), "{list}");
        }
    }

    #[test]
    fn addresses_lose_their_ports_only() {
        for (addr, always, bare) in [
            ("10.0.0.1:80", false, "10.0.0.1"),
            ("10.0.0.1", false, "10.0.0.1"),
            ("[2001:db8::1]:443", false, "2001:db8::1"),
            ("[::1]", false, "::1"),
            ("::1", false, "::1"),
            ("::1:45454", true, "::1"),
            ("2001:db8::1:80", false, "2001:db8::1:80"),
            ("unix:", false, "unix:"),
            ("unix:1", true, "unix:1"),
            ("localhost:8080", false, "localhost"),
            ("-:8080", false, "-"),
            (":", false, ":"),
            ("", true, ""),
        ] {
            assert_eq!(without_port(addr.as_bytes(), always), bare.as_bytes(), "{addr}");
        }
    }
}
