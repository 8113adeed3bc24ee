//! One view of the tries behind an answer, for every product.
//!
//! nginx writes lists: `, ` between the peers of one group, ` : ` where an internal redirect went on to another
//! group, and all lists of a line have one shape. A group that failed before it tried anybody (its name did not
//! resolve) leaves an element with an empty address, whose times read `0.000`: it stands for no attempt and is
//! left out. Source: `ngx_http_upstream_{addr,status,response_time}_variable` in `ngx_http_upstream.c`.
//!
//! Other products name one peer, the last one, and count the rest ([`Record::retries`]).

use crate::record::{Record, Value, duration_micros, integer};
use crate::schema::{Field, Kind, Product};
use crate::status::Status;

/// One try at one peer.
///
/// `None` where the line does not say: the format has no such column, or the attempt never came that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The peer as logged: `10.0.0.7:8080`, `[::1]:80`, `unix:/run/app.sock`, an HAProxy server's name.
    pub addr: Option<&'a [u8]>,
    /// Status of this attempt. nginx writes its own 502 and 504 here when the peer gave none.
    pub status: Option<Status>,
    /// Microseconds to connect; `None` when no connection came about.
    pub connect_micros: Option<u64>,
    /// Microseconds to the response header; `None` when no valid header came.
    pub header_micros: Option<u64>,
    /// Microseconds to the end of the peer's response, or of the attempt.
    pub duration_micros: Option<u64>,
    /// Bytes of the peer's body that were passed on; 0 for an answer that was intercepted or retried.
    pub response_bytes: Option<u64>,
    /// Bytes the peer sent, its header included.
    pub received_bytes: Option<u64>,
    /// Which server group, from 0; grows with every internal redirect to another group.
    pub group: usize,
    /// `addr` is the name of a group that had no peer to offer: nobody was asked.
    pub is_group_name: bool,
}

impl<'a> Attempt<'a> {
    /// The address, if it is one of a peer: neither a group's name nor ingress-nginx's placeholder `0.0.0.1`.
    pub fn peer(&self) -> Option<&'a [u8]> {
        self.addr.filter(|addr| !self.is_group_name && !is_placeholder(addr))
    }

    /// The peer failed: a 5xx, its own or the proxy's for want of one.
    pub fn failed(&self) -> bool {
        self.status.is_some_and(|s| s.code() >= 500)
    }
}

impl<'a> Record<'a> {
    /// The tries behind this answer, in order. Allocates nothing.
    ///
    /// Empty when nobody was asked: a file, a configured answer, a cache hit, no healthy peer at a product that
    /// says so. The elements nginx writes for groups that failed before their first try are left out.
    #[inline]
    pub fn attempts(&self) -> Attempts<'a> {
        Attempts::of(self)
    }
}

/// The peers of a record's attempts, in order; `None` for an attempt whose peer the line does not name. Looks at the
/// leading list alone.
pub(crate) fn peers<'a>(record: &Record<'a>) -> impl Iterator<Item = Option<&'a [u8]>> + Clone {
    let product = record.schema().product();
    let (mut list, is_addr) = match Lead::of(record) {
        Some(lead) => (List::new(lead.raw, product), lead.field == Field::UpstreamAddr),
        None => (List::NONE, false),
    };
    std::iter::from_fn(move || list.next())
        .filter(|(element, _)| !element.is_empty())
        .map(move |(element, _)| peer(element, writes_lists(product)).filter(|_| is_addr))
}

/// The peer asked last, by a list of addresses alone.
pub(crate) fn last_peer(addresses: &[u8], product: Product) -> Option<&[u8]> {
    let mut list = List::new(addresses, product);
    let all = std::iter::from_fn(|| list.next()).map(|(element, _)| element);
    peer(all.filter(|element| !element.is_empty()).last()?, writes_lists(product))
}

/// An element of a list of addresses, if it is one of a peer.
fn peer(element: &[u8], names_groups: bool) -> Option<&[u8]> {
    let none = element == b"-" || is_placeholder(element) || (names_groups && is_group_name(element));
    (!none).then_some(element)
}

/// Iterator over the [`Attempt`]s of a record.
#[derive(Debug, Clone)]
pub struct Attempts<'a> {
    /// The list that says how many attempts there were.
    lead: List<'a>,
    lead_is_addr: bool,
    /// Group names can stand for addresses.
    names_groups: bool,
    status: Follower<'a>,
    /// Connect, header and response time, with the nanoseconds of their units.
    times: [(Follower<'a>, u64); 3],
    /// Response length and bytes received.
    sizes: [Follower<'a>; 2],
    aligned: bool,
    group: usize,
}

/// The meanings that can lead, best first.
const LEADERS: [Field; 5] = [
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::UpstreamResponseTime,
    Field::UpstreamHeaderTime,
    Field::UpstreamConnectTime,
];

/// The column that says how many attempts there were, and the statuses beside it.
struct Lead<'a> {
    field: Field,
    raw: &'a [u8],
    status: Option<&'a [u8]>,
}

impl<'a> Lead<'a> {
    fn of(record: &Record<'a>) -> Option<Self> {
        let product = record.schema().product();
        let lists = writes_lists(product);
        let text = |field| record.raw(field).filter(|raw| !raw.is_empty());
        let mut leaders = LEADERS.iter().take(if lists { LEADERS.len() } else { 2 });
        let lead = leaders.find_map(|&field| Some((field, text(field)?)));
        let (mut addr, mut status) = (lead, text(Field::UpstreamStatus));
        match product {
            // A server that was never chosen, an applet: nobody was asked.
            Product::Haproxy => {
                addr = addr.filter(|(field, raw)| *field == Field::UpstreamAddr && is_server(raw));
            }
            Product::Alb => {
                if let Some((targets, statuses)) = alb_lists(record) {
                    (addr, status) = (Some((Field::UpstreamAddr, targets)), Some(statuses));
                }
                // A function has no address; where it gave no status either, the time says that it was asked.
                let time = || text(Field::UpstreamHeaderTime).filter(|time| !time.starts_with(b"-"));
                addr = addr.or_else(|| Some((Field::UpstreamHeaderTime, time()?)));
            }
            // 0: no answer, and nobody asked as far as the line tells.
            _ if !lists => addr = addr.filter(|(field, raw)| *field == Field::UpstreamAddr || is_answer(raw)),
            _ => {}
        }
        let (field, raw) = addr?;
        Some(Self { field, raw, status })
    }
}

impl<'a> Attempts<'a> {
    fn of(record: &Record<'a>) -> Self {
        let Some(Lead { field, raw, status }) = Lead::of(record) else { return Self::none() };
        let product = record.schema().product();
        let text = |field| record.raw(field).filter(|raw| !raw.is_empty());
        let lead = List::new(raw, product);
        let count = lead.count();
        let follow = |raw| Follower::new(raw, product, count);
        let time = |field| (follow(text(field)), nanos_of(record, field));
        let mut this = Self {
            lead,
            lead_is_addr: field == Field::UpstreamAddr,
            names_groups: writes_lists(product),
            status: follow(status),
            times: [
                time(Field::UpstreamConnectTime),
                time(Field::UpstreamHeaderTime),
                time(Field::UpstreamResponseTime),
            ],
            sizes: [follow(text(Field::UpstreamResponseLength)), follow(text(Field::UpstreamBytesReceived))],
            aligned: true,
            group: 0,
        };
        this.aligned = this.status.fits()
            && this.times.iter().all(|(list, _)| list.fits())
            && this.sizes.iter().all(Follower::fits);
        this
    }

    const fn none() -> Self {
        Self {
            lead: List::NONE,
            lead_is_addr: false,
            names_groups: false,
            status: Follower::NONE,
            times: [(Follower::NONE, 0); 3],
            sizes: [Follower::NONE; 2],
            aligned: true,
            group: 0,
        }
    }

    /// All lists of the line have the same number of elements, as nginx writes them. Where they do not, the
    /// elements are paired from the last one backwards, and what has no partner is `None`.
    pub const fn is_aligned(&self) -> bool {
        self.aligned
    }
}

impl<'a> Iterator for Attempts<'a> {
    type Item = Attempt<'a>;

    fn next(&mut self) -> Option<Attempt<'a>> {
        loop {
            let (lead, after) = self.lead.next()?;
            let group = self.group;
            self.group += usize::from(after == Separator::Group);
            let status = self.status.next();
            let times = self.times.each_mut().map(|(list, nanos)| (list.next(), *nanos));
            let sizes = self.sizes.each_mut().map(Follower::next);
            if lead.is_empty() {
                continue; // a group that failed before its first try
            }
            let addr = (self.lead_is_addr && lead != b"-").then_some(lead);
            let [connect_micros, header_micros, duration_micros] =
                times.map(|(text, nanos)| duration_micros(text?, nanos));
            let [response_bytes, received_bytes] = sizes.map(|text| integer(text?));
            return Some(Attempt {
                addr,
                status: status.and_then(Status::parse),
                connect_micros,
                header_micros,
                duration_micros,
                response_bytes,
                received_bytes,
                group,
                is_group_name: self.names_groups && addr.is_some_and(is_group_name),
            });
        }
    }

    /// Looks at the leading list alone.
    fn count(mut self) -> usize {
        let mut count = 0;
        while let Some((lead, _)) = self.lead.next() {
            count += usize::from(!lead.is_empty());
        }
        count
    }
}

impl std::iter::FusedIterator for Attempts<'_> {}

/// A list beside the leading one, paired with it from the end.
#[derive(Debug, Clone, Copy)]
struct Follower<'a> {
    list: List<'a>,
    /// Elements to drop: this list is longer.
    skip: usize,
    /// Elements of the leading list to let pass: this list is shorter.
    wait: usize,
}

impl<'a> Follower<'a> {
    const NONE: Self = Self { list: List::NONE, skip: 0, wait: 0 };

    fn new(raw: Option<&'a [u8]>, product: Product, count: usize) -> Self {
        let Some(raw) = raw else { return Self::NONE };
        let list = List::new(raw, product);
        let own = list.count();
        Self { list, skip: own.saturating_sub(count), wait: count.saturating_sub(own) }
    }

    fn fits(&self) -> bool {
        self.list.rest.is_none() || (self.skip == 0 && self.wait == 0)
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.skip > 0 {
            self.skip -= 1;
            self.list.next();
        }
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        self.list.next().map(|(text, _)| text)
    }
}

/// What stands after an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `, `: the next peer of the group.
    Peer,
    /// ` : `: another group.
    Group,
    /// Nothing.
    End,
}

/// A list as nginx writes it (`, `, ` : `), or as ALB does (spaces).
#[derive(Debug, Clone, Copy)]
struct List<'a> {
    rest: Option<&'a [u8]>,
    space_separates: bool,
}

impl<'a> List<'a> {
    const NONE: Self = Self { rest: None, space_separates: false };

    fn new(raw: &'a [u8], product: Product) -> Self {
        Self { rest: Some(raw), space_separates: product == Product::Alb }
    }

    fn count(mut self) -> usize {
        let mut count = 0;
        while self.next().is_some() {
            count += 1;
        }
        count
    }

    fn next(&mut self) -> Option<(&'a [u8], Separator)> {
        let rest = self.rest?;
        let Some(at) = rest.iter().position(|&b| matches!(b, b' ' | b',')) else {
            self.rest = None;
            return Some((rest, Separator::End));
        };
        let (element, tail) = rest.split_at_checked(at)?;
        let (separator, next) = match tail {
            [b',', b' ', next @ ..] | [b',', next @ ..] => (Separator::Peer, next),
            [b' ', b':', b' ', next @ ..] => (Separator::Group, next),
            // The space after a last ` : ` can be the format's own.
            [b' ', b':'] => (Separator::Group, &tail[2..]),
            [b' ', next @ ..] if self.space_separates => (Separator::Peer, next),
            // Not a separator: white space around the list.
            _ => {
                self.rest = None;
                return Some((element, Separator::End));
            }
        };
        self.rest = Some(next);
        Some((element, separator))
    }
}

/// Products whose upstream columns can be lists, and whose lone times stand for attempts.
const fn writes_lists(product: Product) -> bool {
    matches!(product, Product::Nginx | Product::IngressNginx | Product::AzureAppGateway | Product::Custom)
}

/// ALB's two lists, when they say more than `target:port` does. AWS appends columns, so this position is fixed.
fn alb_lists<'a>(record: &Record<'a>) -> Option<(&'a [u8], &'a [u8])> {
    const TARGETS: usize = 25;
    let column = |i, name: &str| record.column(i).filter(|v| &*v.column().name == name).map(Value::raw);
    let targets = column(TARGETS, "target:port_list").filter(|raw| raw.contains(&b' '))?;
    let statuses = column(TARGETS + 1, "target_status_code_list")?;
    Some((targets, statuses))
}

fn nanos_of(record: &Record<'_>, field: Field) -> u64 {
    let column = record.schema().slot(field).and_then(|slot| record.schema().columns().get(slot));
    match column.map(|c| &c.kind) {
        Some(Kind::Duration(unit)) => unit.nanos(),
        _ => 0,
    }
}

fn is_answer(status: &[u8]) -> bool {
    Status::parse(status).is_some_and(|status| status != Status::NONE)
}

/// HAProxy writes `<NOSRV>` (`-:-` for `%si:%sp`) where no server was chosen, and an applet's name in angle brackets
/// (`<STATS>`).
pub(crate) fn is_server(name: &[u8]) -> bool {
    !matches!(name.first(), None | Some(b'<')) && name != b"-" && !name.starts_with(b"-:")
}

/// ingress-nginx chooses peers by Lua; nginx connects to this placeholder when Lua chose none.
pub(crate) fn is_placeholder(addr: &[u8]) -> bool {
    addr.starts_with(b"0.0.0.1:")
}

/// No port, no `unix:`, no bracket, no bare IPv4 address: the name of an `upstream {}` block.
fn is_group_name(addr: &[u8]) -> bool {
    if addr.starts_with(b"unix:") || matches!(addr.first(), Some(b'[' | b'/')) {
        return false;
    }
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let has_port = addr.iter().rposition(|&b| b == b':').is_some_and(|colon| is_number(&addr[colon + 1..]));
    !has_port && !addr.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample::Sample;

    /// Address, status, connect, header, response time; what the attempts are, one a line.
    fn attempts(product: Product, lists: [&str; 5]) -> String {
        use Field::{
            UpstreamAddr, UpstreamConnectTime, UpstreamHeaderTime, UpstreamResponseTime, UpstreamStatus,
        };
        let fields =
            [UpstreamAddr, UpstreamStatus, UpstreamConnectTime, UpstreamHeaderTime, UpstreamResponseTime];
        let values: Vec<_> =
            fields.into_iter().zip(lists).filter(|(_, list)| *list != "(no column)").collect();
        let sample = Sample::new(product, &values);
        let show = |n: Option<u64>| n.map_or("-".to_owned(), |n| n.to_string());
        let record = sample.record();
        let all = record.attempts();
        assert!(peers(&record).eq(all.clone().map(|attempt| attempt.peer())), "{lists:?}");
        let aligned = all.is_aligned();
        let count = all.clone().count();
        let mut lines: Vec<_> = all
            .map(|a| {
                let addr = a.addr.map_or("-".into(), String::from_utf8_lossy);
                let status = show(a.status.map(|s| u64::from(s.code())));
                let times = [a.connect_micros, a.header_micros, a.duration_micros].map(show).join("/");
                let named = if a.is_group_name { " group" } else { "" };
                format!("{}: {addr} {status} {times}{named}", a.group)
            })
            .collect();
        assert_eq!(lines.len(), count);
        if !aligned {
            lines.push("not aligned".to_owned());
        }
        lines.join("; ")
    }

    /// Lists as nginx 1.22.1 wrote them.
    #[test]
    fn lists_of_nginx() {
        for (lists, expected) in [
            (["127.0.0.1:1", "200", "0.001", "0.002", "0.002"], "0: 127.0.0.1:1 200 1000/2000/2000"),
            (["-", "-", "-", "-", "-"], ""),
            (["", "", "", "", ""], ""),
            (
                ["127.0.0.1:3, 127.0.0.1:2", "502, 200", "-, 0.001", "-, 0.001", "0.000, 0.001"],
                "0: 127.0.0.1:3 502 -/-/0; 0: 127.0.0.1:2 200 1000/1000/1000",
            ),
            // Leading: the name did not resolve, then a fall-back.
            (
                [", 127.0.0.1:1", "-, 200", "0.000, 0.000", "0.000, 0.001", "0.000, 0.001"],
                "0: 127.0.0.1:1 200 0/1000/1000",
            ),
            // Trailing: X-Accel-Redirect to a name that did not resolve.
            (
                ["127.0.0.1:1 : ", "200 : ", "0.000 : ", "0.001 : ", "0.001 : "],
                "0: 127.0.0.1:1 200 0/1000/1000",
            ),
            (["127.0.0.1:1 :", "200 :", "0.000 :", "0.001 :", "0.001 :"], "0: 127.0.0.1:1 200 0/1000/1000"),
            // In the middle.
            (
                [
                    "127.0.0.1:1 : , 127.0.0.1:1",
                    "200 : -, 200",
                    "0.000 : 0.000, 0.000",
                    "0.001 : 0.000, 0.002",
                    "0.001 : 0.000, 0.002",
                ],
                "0: 127.0.0.1:1 200 0/1000/1000; 1: 127.0.0.1:1 200 0/2000/2000",
            ),
            // Two groups, both dead.
            (
                [
                    "127.0.0.1:3, 127.0.0.1:13 : 127.0.0.1:1",
                    "502, 502 : 200",
                    "-, - : 0.000",
                    "-, - : 0.000",
                    "0.000, 0.000 : 0.000",
                ],
                "0: 127.0.0.1:3 502 -/-/0; 0: 127.0.0.1:13 502 -/-/0; 1: 127.0.0.1:1 200 0/0/0",
            ),
            (["deadlive", "502", "-", "-", "0.000"], "0: deadlive 502 -/-/0 group"),
            (["[::1]:19007", "200", "0.000", "0.001", "0.001"], "0: [::1]:19007 200 0/1000/1000"),
            (
                ["unix:/run/missing.sock, [::1]:7", "502, 200", "-, 0.000", "-, 0.002", "0.000, 0.002"],
                "0: unix:/run/missing.sock 502 -/-/0; 0: [::1]:7 200 0/2000/2000",
            ),
            // The client left in the second try.
            (
                ["127.0.0.1:2, 127.0.0.1:1", "504, -", "0.001, 0.000", "-, -", "0.705, 0.196"],
                "0: 127.0.0.1:2 504 1000/-/705000; 0: 127.0.0.1:1 - 0/-/196000",
            ),
        ] {
            assert_eq!(attempts(Product::Nginx, lists), expected, "{lists:?}");
        }
    }

    #[test]
    fn lists_of_other_shapes_pair_from_the_end() {
        let none = "(no column)";
        for (lists, expected) in [
            (
                ["a:1, b:2, c:3", "200", none, none, none],
                "0: a:1 - -/-/-; 0: b:2 - -/-/-; 0: c:3 200 -/-/-; not aligned",
            ),
            (["b:2", "502, 200", none, none, none], "0: b:2 200 -/-/-; not aligned"),
            // Without addresses the statuses lead, without statuses the times do.
            ([none, "502, 200", none, none, "0.1, 0.2"], "0: - 502 -/-/100000; 0: - 200 -/-/200000"),
            ([none, none, none, none, "0.1, 0.2"], "0: - - -/-/100000; 0: - - -/-/200000"),
        ] {
            assert_eq!(attempts(Product::Nginx, lists), expected, "{lists:?}");
        }
    }

    #[test]
    fn products_with_one_peer() {
        let none = "(no column)";
        for (product, lists, expected) in [
            (Product::Haproxy, ["s1", none, "0", "-1", none], "0: s1 - 0/-/-"),
            (Product::Haproxy, ["<NOSRV>", none, "-1", "-1", none], ""),
            (Product::Haproxy, ["<STATS>", none, "0", "0", none], ""),
            (Product::Haproxy, [none, none, "0", "5", none], ""),
            (Product::Envoy, ["127.0.0.1:28001", none, none, "7", none], "0: 127.0.0.1:28001 - -/7000/-"),
            (Product::Envoy, ["-", none, none, "-", none], ""),
            (Product::Alb, ["10.0.0.1:80", "-", none, none, "-1"], "0: 10.0.0.1:80 - -/-/-"),
            // A Lambda function has no address, but it answered.
            (Product::Alb, ["-", "200", none, none, "0.5"], "0: - 200 -/-/500000"),
        ] {
            assert_eq!(attempts(product, lists), expected, "{product:?} {lists:?}");
        }
    }

    #[test]
    fn the_last_attempt_is_the_last_of_all() {
        let sample = Sample::new(
            Product::Nginx,
            &[(Field::UpstreamAddr, "a:1, b:2 : c:3"), (Field::UpstreamStatus, "502, 503 : 200")],
        );
        let record = sample.record();
        assert_eq!(record.attempts().last(), record.attempts().collect::<Vec<_>>().pop());
        assert_eq!(record.upstream_addr().map(Value::raw), Some(&b"c:3"[..]));
    }

    #[test]
    fn names_of_groups_are_told_from_peers() {
        for (addr, group) in [
            ("deadlive", true),
            ("app.example", true),
            ("a", true),
            ("127.0.0.1:80", false),
            ("127.0.0.1", false),
            ("[::1]:80", false),
            ("unix:/a", false),
            ("host:8080", false),
            ("name:", true),
        ] {
            assert_eq!(is_group_name(addr.as_bytes()), group, "{addr}");
        }
    }
}
