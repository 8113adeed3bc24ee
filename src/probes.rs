//! [`Probes`]: requests of health checkers and synthetic monitors, counted apart.
//!
//! They ask all the time and ask for next to nothing: many of them make a failing service look healthier than its
//! users find it.

use crate::aggregate::Accumulate;
use crate::error::LineError;
use crate::format::{Format, Line};
use crate::schema::{Field, FieldSet, Schema};
use crate::status::Class;
use crate::time::Timestamp;
use memchr::memmem::find;

/// Names, and what their User-Agents hold, as their makers document it.
const KNOWN: [(&str, &str); 14] = [
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
];

/// Requests of known health checkers and synthetic monitors, by their User-Agent.
///
/// HAProxy's own checks have no User-Agent and are not seen. Anybody can send one of these names.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probes {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Requests and 5xx of each of [`KNOWN`].
    counts: [(u64, u64); KNOWN.len()],
    /// Records that tell a User-Agent.
    told: u64,
}

impl Probes {
    /// Of records from `since` on and before `until`.
    pub const fn new(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { since, until, counts: [(0, 0); KNOWN.len()], told: 0 }
    }

    /// Those that were seen: name, requests, 5xx.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64, u64)> + '_ {
        let all = KNOWN.iter().zip(&self.counts);
        all.filter(|(_, count)| count.0 > 0).map(|((name, _), count)| (*name, count.0, count.1))
    }

    /// Records that tell a User-Agent at all: without any, nothing can be recognised.
    pub const fn told(&self) -> u64 {
        self.told
    }
}

impl Accumulate for Probes {
    fn wanted(&self, _: &Schema) -> FieldSet {
        FieldSet::of(&[Field::Time, Field::Status, Field::UserAgent])
    }

    fn begin(&mut self, _: &str, _: &dyn Format) {}

    fn line(&mut self, _: &[u8], _: u64, result: Result<Line<'_>, LineError>) {
        let Ok(Line::Access(record)) = result else { return };
        let Some(agent) = record.value(Field::UserAgent) else { return };
        if self.since.is_some() || self.until.is_some() {
            let inside = |t: Timestamp| self.since.is_none_or(|s| t >= s) && self.until.is_none_or(|u| t < u);
            if !record.time().is_some_and(inside) {
                return;
            }
        }
        self.told += 1;
        let known = KNOWN.iter().position(|(_, mark)| find(agent.raw(), mark.as_bytes()).is_some());
        if let Some(count) = known.and_then(|i| self.counts.get_mut(i)) {
            count.0 += 1;
            count.1 += u64::from(record.status().is_some_and(|s| s.class() == Class::ServerError));
        }
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine = (mine.0.saturating_add(theirs.0), mine.1.saturating_add(theirs.1));
        }
        self.told = self.told.saturating_add(other.told);
    }

    fn fresh(&self) -> Self {
        Self::new(self.since, self.until)
    }
}
