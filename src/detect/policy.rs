//! The numbers of the detector, all of them.

use crate::aggregate::Cell;
use crate::time::Timestamp;

/// A planned window: episodes inside are marked, never hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Window {
    /// Start.
    pub start: Timestamp,
    /// End.
    pub end: Timestamp,
    /// An upstream's name, or `*`.
    pub upstream: String,
}

/// What rates of 5xx are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Denominator {
    /// All responses. A 4xx proves that the path to the upstream works, and keeps the few 500s that a scanner provokes
    /// below the threshold.
    #[default]
    All,
    /// All but 4xx, for services whose clients mostly get 4xx (an API behind a login page that robots try): there they
    /// would thin out an outage. A flood of 4xx beside a failing upstream needs no switch: evidence sees through it.
    WithoutClientErrors,
}

impl Denominator {
    /// The cell as rates are to be made of it.
    pub(crate) fn of(self, mut cell: Cell) -> Cell {
        if self == Self::WithoutClientErrors {
            cell.requests = cell.requests.saturating_sub(cell.s4xx);
        }
        cell
    }
}

/// What counts as an episode. Durations are in seconds, rates are ratios 0–1, evidence is in nats.
///
/// The defaults suit services with an objective around 99.9 %; the number teams most often have a view on is
/// [`sustain`](Self::sustain). Where a default comes from is said with it: *practice* is what teams and products
/// alert by, *simulated* was chosen on labelled logs of a simulator and held on others, with other kinds of failures,
/// parameters and seeds; of the rest it is said what follows from them.
///
/// ```
/// let patient = brownout::Policy { sustain: 15.0 * 60.0, ..Default::default() };
/// assert_eq!(patient.merge_gap, 300.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Policy {
    /// Narrowest bucket to decide on (10 s); finer counts are added up first. The client cap counts each client once
    /// per bucket, so it loses its effect in narrow ones. Wider buckets are used as they are. Simulated: from 5 to 30 s
    /// make no difference; 60 s cost 40 s at each edge, and at 1 s false alarms multiply.
    pub bucket: f64,
    /// What rates are shares of (all responses).
    pub denominator: Denominator,
    /// Evidence that opens an episode of an upstream (12): a false alarm per excursion has a chance below e⁻¹², which
    /// is one in 160,000. Simulated: from 8 to 20 little changes, so this is no knob to turn.
    pub h: f64,
    /// The same for a single host (13): there are more hosts than upstreams.
    pub h_host: f64,
    /// The same for a single route (15): there may be hundreds.
    pub h_route: f64,
    /// The same for upstreams pooled (24): pooled noise is not independent.
    pub h_pool: f64,
    /// Evidence of recovery that closes an episode (7): a chance of e⁻⁷, one in 1100, that it has not recovered; less
    /// than opening takes, as a relapse goes on with the same episode. Silence is no evidence.
    pub h_close: f64,
    /// Healthy time before an episode can close (30 s): three buckets, so that no lull of one at high traffic closes
    /// it.
    pub min_recovery: f64,
    /// Healthy time, with as much evidence, before a running episode is told to be recovering (6 s): as long as the
    /// usual interval of a health check, which many a restart of a crash loop does not outlast. Each time the failing
    /// returns, twice as long; never as long as `min_recovery`, when it closes.
    pub min_lull: f64,
    /// Share of the episode's own rate that recovery is tested against (0.6): the rate fluctuates while it fails, and a
    /// fall to half of it is no recovery yet. Simulated.
    pub close_fraction: f64,
    /// Alternatives to the baseline, each `(multiple of the baseline, least rate)`: 4× or 1 %, 5× or 5 %, 10× or
    /// 30 %. One alone is slow on small effects or blind to them: simulated, each alone finds less than the three.
    pub alternatives: [(f64, f64); 3],
    /// Evidence older than this without any request is dropped (1 h): what failed before the night says nothing about
    /// the morning, and a host silent for so long is another deployment.
    pub idle_reset: f64,
    /// How many buckets with requests before the alarm are searched for the start (180: half an hour of 10 s):
    /// a failure that takes longer to show than that is one of a thin upstream, where the first error is the start.
    pub ring: usize,

    /// Least length of a block of the baseline (5 min): long enough to average over minutes, short enough that an
    /// outage of some minutes spoils few.
    pub block_seconds: f64,
    /// Fewest requests in a block of the baseline (300): at the cap of 2 % six errors, of which a rate can be made.
    pub block_requests: u64,
    /// Where the search for the baseline starts, as a quantile of the blocks' rates weighted by requests (0.3): up
    /// to 70 % of a log may be an outage.
    pub initial_quantile: f64,
    /// Lowest baseline (0.1 %): the budget of a 99.9 % objective. Lower ones make alarms of budgeted errors.
    /// Simulated: with 0.01 % there are some twenty times as many false alarms.
    pub p_floor: f64,
    /// Highest baseline (2 %): an outage must not become normal. Simulated: 0.5 % floods services whose normal is 1
    /// to 2 %.
    pub p_cap: f64,
    /// How far what is normal wanders from hour to hour when nothing is wrong, as a ratio (0.35): an episode has to
    /// carry `h` against any such baseline too. It matters where much is normal: five times 0.5 % is one, three times
    /// is not. Simulated: without it, most false alarms that are left are slow rises to three to five times the
    /// normal rate.
    pub wander: f64,
    /// Highest dispersion (4) by which evidence is divided where quiet traffic fails in clumps; more would hide
    /// outages of a few minutes behind clumps of the past.
    pub phi_max: f64,
    /// Clients count once per bucket where at least this many of 64 hash slots are in use (20): fewer
    /// are internal callers or addresses of a CDN …
    pub client_slots: usize,
    /// … and none holds more than this share of the requests (0.5): else one address stands for many clients.
    pub client_share: f64,

    /// A healthy gap shorter than this is none (60 s): people see one outage, and the usual evaluation interval of an
    /// alert is as long.
    pub min_gap: f64,
    /// A relapse within this continues the episode (5 min). Practice: alerts are kept firing for as long, so that one
    /// incident is one page. Simulated: 2 min split incidents.
    pub merge_gap: f64,
    /// Failing time from which an episode is sustained (5 min): above deploys (10–90 s) and autoscaling (2–4 min),
    /// below the alerts of most teams (5 to 15 min).
    pub sustain: f64,
    /// Failing phases that make it flapping (3): two are a relapse …
    pub flap_phases: usize,
    /// … when at least this share of the whole is healthy (25 %).
    pub flap_healthy: f64,
    /// Fewest errors of an episode (10), each client once per bucket. Practice: floors of 15 to 50 requests are
    /// usual, and hide total outages of small upstreams; a floor on errors does not. Simulated: 5 was too low.
    pub min_errors: u64,
    /// Least rate of an episode (1 %). Practice: a usual threshold, ten times the budget of 99.9 %.
    pub min_rate: f64,
    /// Least rate of an episode as a multiple of the baseline (3): normal rates wander by themselves, see `wander`.
    pub min_ratio: f64,
    /// Least rate of an episode of at least `slow_length` (0.4 %) …
    pub slow_rate: f64,
    /// … which is this (30 min): small leaks matter when they last: 0.4 % for half an
    /// hour burns a budget of 0.1 % four times too fast.
    pub slow_length: f64,
    /// Evidence that an episode of at least `sustain` carries as a whole (24): weaker ones are drift: twice what
    /// opens one, for a long one has had time to bring it. Simulated.
    pub h_sustained: f64,
    /// Hosts that fail one after the other in a rolling deploy, at least (3): two may be chance.
    pub rolling_hosts: usize,
    /// Longest time one of them fails (150 s): a restart takes 10 to 90 s, a slow one up to twice as long.
    pub rolling_max: f64,

    /// Share of the excess errors one host holds when it alone is to blame (80 %): the rest is background that
    /// happened to fall into its time.
    pub host_share: f64,
    /// Share of the excess errors one zone holds when it is named (90 %): one of three zones holds a third by chance,
    /// one of two a half, and to name the wrong one sends people astray.
    pub zone_share: f64,
    /// Upstreams that start failing within this may belong together (150 s): thin ones show what busy ones show at
    /// once a minute or two later …
    pub group_start: f64,
    /// … when their episodes overlap by this share of their union (0.5), or by 80 % of the shorter.
    pub group_overlap: f64,
    /// Share of the upstreams busy enough to show a failure that makes it one of a zone or of all (60 %):
    /// more than half, so that two halves cannot both be it.
    pub group_share: f64,
    /// Also look at all upstreams together, and at each zone, for failures too thin to show in any one (on).
    pub pool: bool,

    /// Slack at the edges of planned windows (120 s): deploys are not punctual.
    pub planned_slack: f64,
    /// Shortest gap in the traffic to report, or to take a host for gone (2 min): longer than a rotation or a restart
    /// of the log's writer takes …
    pub gap_length: f64,
    /// … when at least this many requests were to be expected (20): independent ones all stay away once in e²⁰.
    pub gap_expected: f64,
    /// Least growth of the request rate reported as amplification by retries (1.5): above the usual budget of 20 % that
    /// clients keep for them, and above what minutes differ by.
    pub amplification: f64,
    /// Share of a 30-day budget of errors that makes a ticket (0.5 %): a quarter of a page.
    pub ticket: f64,
    /// Share of a 30-day budget of errors worth waking somebody (2 %). Practice: the first page of multi-window
    /// burn-rate alerts, 14.4 times the budget for an hour …
    pub page: f64,
    /// … when there are at least this many errors (30): where traffic is thin, a dozen are a large share of the
    /// budget and still a dozen.
    pub page_errors: u64,
    /// Rate of errors the budget allows (0.1 %: a 99.9 % objective).
    pub budget: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            bucket: 10.0,
            h: 12.0,
            h_host: 13.0,
            h_route: 15.0,
            denominator: Denominator::All,
            h_pool: 24.0,
            h_close: 7.0,
            min_recovery: 30.0,
            min_lull: 6.0,
            close_fraction: 0.6,
            alternatives: [(4.0, 0.01), (5.0, 0.05), (10.0, 0.30)],
            idle_reset: 3600.0,
            ring: 180,
            block_seconds: 300.0,
            block_requests: 300,
            initial_quantile: 0.3,
            p_floor: 0.001,
            p_cap: 0.02,
            wander: 0.35,
            phi_max: 4.0,
            client_slots: 20,
            client_share: 0.5,
            min_gap: 60.0,
            merge_gap: 300.0,
            sustain: 300.0,
            flap_phases: 3,
            flap_healthy: 0.25,
            min_errors: 10,
            min_rate: 0.01,
            min_ratio: 3.0,
            slow_rate: 0.004,
            slow_length: 1800.0,
            h_sustained: 24.0,
            rolling_hosts: 3,
            rolling_max: 150.0,
            host_share: 0.8,
            zone_share: 0.9,
            group_start: 150.0,
            group_overlap: 0.5,
            group_share: 0.6,
            pool: true,
            planned_slack: 120.0,
            gap_length: 120.0,
            gap_expected: 20.0,
            amplification: 1.5,
            ticket: 0.005,
            page: 0.02,
            page_errors: 30,
            budget: 0.001,
        }
    }
}
