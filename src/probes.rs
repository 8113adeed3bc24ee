//! [`Probes`] and [`Users`]: requests of health checkers and synthetic monitors, counted apart.
//!
//! They ask all the time and ask for next to nothing: many of them make a failing service look healthier than its
//! users find it.

use crate::aggregate::Accumulate;
use crate::error::LineError;
use crate::format::{Format, Line, Other};
use crate::record::{Record, Value};
use crate::schema::{Field, FieldSet, Schema};
use crate::status::Class;
use crate::time::Timestamp;
use crate::topology::Topology;
use memchr::memmem::find;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names, and what their User-Agents hold, as their makers document it.
const KNOWN: [(&str, &str); 15] = [
    ("AWS ELB health checks", "ELB-HealthChecker/"),
    ("Kubernetes probes", "kube-probe/"),
    ("Google health checks", "GoogleHC/"),
    ("Envoy health checks", "Envoy/HC"),
    ("Google uptime checks", "GoogleStackdriverMonitoring-UptimeChecks"),
    ("Route 53 health checks", "Amazon-Route53-Health-Check-Service"),
    ("Azure Front Door probes", "Edge Health Probe"),
    ("Azure load balancer probes", "Load Balancer Agent"),
    ("Consul health checks", "Consul Health Check"),
    ("Prometheus blackbox exporter", "Blackbox Exporter/"),
    ("StatusCake", "StatusCake"),
    ("UptimeRobot", "UptimeRobot/"),
    ("Pingdom", "Pingdom.com_bot"),
    ("Site24x7", "Site24x7"),
    // by the request, not the agent: see is_haproxy_check
    (HAPROXY, "\0"),
];

/// HAProxy's own checks, which send no User-Agent.
const HAPROXY: &str = "HAProxy checks";

/// Requests of known health checkers and synthetic monitors, by their User-Agent, and HAProxy's by `OPTIONS / HTTP/1.0`
/// without one.
///
/// Anybody can send one of these names.
///
/// ```
/// use brownout::{Accumulate, Format, Probes, Spans, Template};
/// let format = Template::nginx(r#"[$time_local] "$request" $status "$http_user_agent""#)?;
/// let mut probes = Probes::new(None, None);
/// probes.begin("access.log", &format);
/// let line = br#"[22/Nov/2026:07:08:40 +0000] "GET /live HTTP/1.1" 200 "kube-probe/1.31""#;
/// probes.line(line, 0, format.parse(line, &mut Spans::new()));
/// assert_eq!(probes.counts().collect::<Vec<_>>(), [("Kubernetes probes", 1, 0)]);
/// # Ok::<(), brownout::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Probes {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    topology: Arc<Topology>,
    /// Requests and 5xx of each of [`KNOWN`], by the zone of the address they came from.
    counts: BTreeMap<(usize, String), (u64, u64)>,
    /// Records that tell a User-Agent.
    told: u64,
}

impl Probes {
    /// Of records from `since` on and before `until`.
    pub fn new(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { since, until, topology: Arc::default(), counts: BTreeMap::new(), told: 0 }
    }

    /// Tells the regions of monitors apart by the networks of a topology.
    #[must_use]
    pub fn with_topology(mut self, topology: Arc<Topology>) -> Self {
        self.topology = topology;
        self
    }

    /// Those that were seen: name, requests, 5xx.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64, u64)> + '_ {
        let all = KNOWN.iter().enumerate().map(|(i, known)| {
            let own = self.counts.iter().filter(move |c| c.0.0 == i);
            let (requests, errors) = own.fold((0, 0), |sum, (_, c)| (sum.0 + c.0, sum.1 + c.1));
            (known.0, requests, errors)
        });
        all.filter(|count| count.1 > 0)
    }

    /// The same by region: name, zone of the topology's network that the client's address lies in, requests, 5xx. Empty
    /// where no network fits.
    pub fn regions(&self) -> impl Iterator<Item = (&'static str, &str, u64, u64)> + '_ {
        let of_a_zone = self.counts.iter().filter(|((_, zone), _)| !zone.is_empty());
        of_a_zone.filter_map(|((i, zone), c)| Some((KNOWN.get(*i)?.0, zone.as_str(), c.0, c.1)))
    }

    /// Records that tell a User-Agent at all: without any, next to nothing can be recognised.
    pub const fn told(&self) -> u64 {
        self.told
    }

    /// Counts a record if it is a probe's; whether it is.
    fn count(&mut self, record: &Record<'_>) -> bool {
        let agent = record.value(Field::UserAgent).map(Value::raw);
        let known = match agent {
            Some(agent) => KNOWN.iter().position(|(_, mark)| find(agent, mark.as_bytes()).is_some()),
            None => None,
        };
        let haproxy = || is_haproxy_check(record, agent).then_some(KNOWN.len() - 1);
        let known = known.or_else(haproxy);
        if self.since.is_some() || self.until.is_some() {
            let inside = |t: Timestamp| self.since.is_none_or(|s| t >= s) && self.until.is_none_or(|u| t < u);
            if !record.time().is_some_and(inside) {
                return known.is_some();
            }
        }
        self.told += u64::from(agent.is_some());
        let Some(known) = known else { return false };
        let client = record.client();
        let zone = client.and_then(|c| self.topology.zone_of(c.raw())).unwrap_or_default();
        let count = self.counts.entry((known, zone.to_owned())).or_default();
        count.0 += 1;
        count.1 += u64::from(record.status().is_some_and(|s| s.class() == Class::ServerError));
        true
    }
}

/// What `option httpchk` sends where nothing else is configured, in a log that has a place for the agent.
fn is_haproxy_check(record: &Record<'_>, agent: Option<&[u8]>) -> bool {
    let request = record.request_line();
    record.schema().has(Field::UserAgent)
        && agent.is_none_or(|agent| matches!(agent, b"" | b"-"))
        && request.method.is_some_and(|m| m.raw() == b"OPTIONS")
        && request.target.is_some_and(|t| t.raw() == b"/")
        && request.protocol.is_some_and(|p| p.raw() == b"HTTP/1.0")
}

impl Accumulate for Probes {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        let mut wanted = FieldSet::of(&[
            Field::Time,
            Field::Status,
            Field::UserAgent,
            Field::Client,
            Field::Request,
            Field::Method,
            Field::Target,
            Field::Protocol,
        ]);
        if !schema.has(Field::Client) {
            wanted = wanted.union(FieldSet::of(&[Field::ForwardedFor]));
        }
        wanted
    }

    fn begin(&mut self, _: &str, _: &dyn Format) {}

    fn line(&mut self, _: &[u8], _: u64, result: Result<Line<'_>, LineError>) {
        if let Ok(Line::Access(record)) = result {
            self.count(&record);
        }
    }

    fn merge(&mut self, other: Self) {
        for (key, theirs) in other.counts {
            let mine = self.counts.entry(key).or_default();
            *mine = (mine.0.saturating_add(theirs.0), mine.1.saturating_add(theirs.1));
        }
        self.told = self.told.saturating_add(other.told);
    }

    fn fresh(&self) -> Self {
        Self::new(self.since, self.until).with_topology(Arc::clone(&self.topology))
    }
}

/// A statistic of users alone: requests of health checkers and monitors are counted by [`Probes`] and reach it as
/// [`Other::Event`], so that they are in its lines and in nothing else.
///
/// A thousand probes a minute that all succeed hide an outage of the few requests that matter, and probes of a path that
/// was never there make errors of their own.
///
/// ```
/// use brownout::{Accumulate, Aggregator, Format, Probes, Settings, Spans, Template, Users};
/// let format = Template::nginx(r#"[$time_local] "$request" $status "$http_user_agent""#)?;
/// let mut users = Users::new(Aggregator::new(Settings::default()), Probes::new(None, None));
/// users.begin("access.log", &format);
/// for agent in ["kube-probe/1.31", "ELB-HealthChecker/2.0", "curl/8.5"] {
///     let line = format!(r#"[22/Nov/2026:07:08:40 +0000] "GET /live HTTP/1.1" 503 "{agent}""#);
///     users.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut Spans::new()));
/// }
/// let (counts, probes) = users.into_parts();
/// let lines = counts.finish().lines;
/// assert_eq!((lines.total, lines.access, lines.other), (3, 1, 2));
/// assert_eq!(probes.counts().map(|c| c.2).sum::<u64>(), 2);
/// # Ok::<(), brownout::Error>(())
/// ```
#[derive(Debug)]
pub struct Users<A> {
    users: A,
    probes: Probes,
}

impl<A: Accumulate> Users<A> {
    /// Both empty.
    pub const fn new(users: A, probes: Probes) -> Self {
        Self { users, probes }
    }

    /// What was counted of users, and of probes.
    pub fn into_parts(self) -> (A, Probes) {
        (self.users, self.probes)
    }
}

impl<A: Accumulate> Accumulate for Users<A> {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        self.users.wanted(schema).union(self.probes.wanted(schema))
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.users.begin(source, format);
        self.probes.begin(source, format);
    }

    fn line(&mut self, line: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        let result = match result {
            Ok(Line::Access(record)) if self.probes.count(&record) => Ok(Line::Other(Other::Event)),
            result => result,
        };
        self.users.line(line, offset, result);
    }

    fn merge(&mut self, other: Self) {
        self.users.merge(other.users);
        self.probes.merge(other.probes);
    }

    fn fresh(&self) -> Self {
        Self::new(self.users.fresh(), self.probes.fresh())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Spans;
    use crate::template::Template;

    #[test]
    fn each_maker_s_own_agent_is_known() {
        let format = Template::nginx(r#"$remote_addr [$time_local] "$request" $status "$http_user_agent""#)
            .expect("a format");
        let topology = Topology::new(&[], &[("eu".into(), vec!["192.0.2.0/24".into()])]).expect("networks");
        let mut probes = Probes::new(None, None).with_topology(Arc::new(topology));
        // as their makers document them
        let agents = [
            ("GET /", "ELB-HealthChecker/2.0", "AWS ELB health checks"),
            ("GET /", "kube-probe/1.31", "Kubernetes probes"),
            ("GET /", "GoogleHC/1.0", "Google health checks"),
            ("GET /", "Envoy/HC", "Envoy health checks"),
            (
                "GET /",
                "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
                "UptimeRobot",
            ),
            ("GET /", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "Pingdom"),
            ("GET /", "Mozilla/5.0 (compatible; StatusCake)", "StatusCake"),
            ("OPTIONS /", "-", HAPROXY),
        ];
        let expected: Vec<_> = agents.iter().map(|a| a.2).collect();
        let users = [("OPTIONS /x", "-"), ("GET /", "-"), ("GET /", "curl/8.5")];
        let mut spans = Spans::new();
        for (request, agent) in agents.iter().map(|a| (a.0, a.1)).chain(users) {
            let line =
                format!(r#"192.0.2.7 [22/Nov/2026:07:08:40 +0000] "{request} HTTP/1.0" 503 "{agent}""#);
            probes.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut spans));
        }
        let mut names: Vec<_> = probes.counts().collect();
        let mut wanted: Vec<_> = expected.iter().map(|name| (*name, 1, 1)).collect();
        names.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert_eq!(probes.regions().filter(|r| r.1 == "eu").count(), agents.len());
    }
}
