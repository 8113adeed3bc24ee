//! One request in the logs of several layers: joined by its id, else by target and time; at which hop an answer was
//! born; and where one layer's timeout undercuts the next.
//!
//! ```text
//! lines ─ Failures ─┐
//!          what     ├─ Counterparts ─ table ─ pairs ─ order ─ link ─ story ─ Layers
//!          failed   │   what the      sorted   sure   who is  all of  from
//! lines ────────────┘   others say              ones  in front them    hop to hop
//! ```
//!
//! Two looks at the same logs, because the line that explains a failure need not be one: a load balancer gives up at
//! 60 s, and the proxy behind it answers 200 at 61 s. The first look keeps failures, the second what other layers say
//! of the same requests; both are bounded. Nothing is guessed: which layer stands in front is read from lines of the
//! same request, or from what the products are, and where neither tells, that is said.

mod bounded;
mod counterparts;
mod failures;
mod ids;
mod join;
mod link;
mod order;
mod pairs;
mod request;
mod sources;
mod story;
mod table;
mod told;
mod wanted;

pub use counterparts::Counterparts;
pub use failures::{Failures, LayerSettings};
pub use order::{OrderBasis, OrderEvidence};
pub use story::{How, Place};

use crate::aggregate::stable_hash;
use crate::origin::Cause;
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

/// What the logs of several layers say together.
///
/// ```
/// use brownout::{Choice, Failures, How, LayerSettings, Place, Scan};
/// # use brownout::formats::{Known, NamedFormat};
/// # use brownout::Template;
/// let haproxy = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r %ID";
/// let nginx = r#"$remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host" id=$http_x_request_id"#;
/// # let named = |name: &str, template| NamedFormat { name: name.into(), format: Known::Text(template), logs: Vec::new() };
/// let formats = vec![named("haproxy", Template::haproxy(haproxy)?), named("nginx", Template::nginx(nginx)?)];
/// let scan = Scan::new().format(Choice::Configured(formats.into()));
///
/// let folder = brownout::input::walk(["tests/data/two-layers/haproxy.log", "tests/data/two-layers/nginx.log"])?;
/// let failures = scan.run(&folder.sources, Failures::new(LayerSettings::default()))?.counts;
/// let search = failures.search().expect("two layers");
/// let layers = scan.run(&folder.sources, search)?.counts.join();
///
/// assert_eq!([layers.name(0), layers.name(1)], ["HAProxy", "nginx"]);
/// let refused = layers.births.iter().find(|b| b.how == How::Unreached && b.place == Place::Layer(1)).unwrap();
/// assert_eq!(refused.status.code(), 502); // nginx got no connection to its upstream
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layers {
    /// The layers, the one nearest to the clients first; those that have no request in common with others stand
    /// anywhere. Other parts name a layer by its place here.
    pub layers: Vec<Layer>,
    /// The pairs of layers that have requests in common.
    pub links: Vec<LayerLink>,
    /// How many failures were joined.
    pub joins: Joins,
    /// Where failures were born, each request counted once, at the layer nearest to the client that logged it. 5xx
    /// first, the most frequent first.
    pub births: Vec<Birth>,
    /// Where a layer gave up before what is behind it was done, the most frequent first.
    pub undercuts: Vec<Undercut>,
    views: Vec<View>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What wrote its logs.
    pub product: Product,
    /// In which format.
    pub format: String,
    /// The inputs, sorted.
    pub inputs: Vec<String>,
    /// 5xx in them.
    pub failures: u64,
    /// Of these, looked at. Fewer where [`LayerSettings::requests`] did not suffice.
    pub kept: u64,
}

/// Two layers with requests in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerLink {
    /// The layer nearer to the clients.
    pub front: usize,
    /// The one behind it.
    pub behind: usize,
    /// On what that order rests. With [`OrderBasis::Nothing`] it means nothing, and nothing is joined.
    pub basis: OrderBasis,
    /// Lines behind that were joined by an id, and by target and time.
    pub by_id: u64,
    /// See `by_id`.
    pub by_time: u64,
    /// By how much the clock behind is ahead of that in front, in microseconds, the way to it included.
    pub clock_micros: i64,
    /// How much the stamps leave open of it.
    pub clock_error_micros: i64,
}

impl LayerLink {
    /// Which of the two stands in front is known.
    pub const fn is_ordered(&self) -> bool {
        join::is_ordered(self.basis)
    }
}

/// What became of the 5xx that were looked at, each request once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Joins {
    /// All of them; the others add up to it.
    pub failures: u64,
    /// Joined by an id.
    pub by_id: u64,
    /// Joined by target, time, status and duration.
    pub by_time: u64,
    /// Never sent on, or seen by the last layer only: there is nothing to join.
    pub not_asked: u64,
    /// No layer behind has a line of them.
    pub alone: u64,
    /// Several lines would do, and they say different things.
    pub ambiguous: u64,
    /// Not looked for, for want of memory.
    pub not_looked_for: u64,
}

/// Failures that were born at one place in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// The layer nearest to the client that logged them.
    pub seen_at: usize,
    /// The status there.
    pub status: Status,
    /// Where it was born.
    pub place: Place,
    /// How.
    pub how: How,
    /// Why, by the line that tells it.
    pub cause: Option<Cause>,
    /// How many requests.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// A request and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its id as the first of the lines has it, cut to 100 characters; empty where there is none. As logged.
    pub id: String,
    /// What was asked for, likewise.
    pub target: String,
    /// Its lines from the front to the back.
    pub lines: Vec<ExampleLine>,
}

/// Where a line stands, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleLine {
    /// The layer.
    pub layer: usize,
    /// The input.
    pub path: String,
    /// How many bytes into it the line begins.
    pub offset: u64,
    /// The status.
    pub status: Status,
    /// How long the request lasted.
    pub duration_micros: Option<u64>,
}

/// One layer gave up before the one behind it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undercut {
    /// The layer that gave up.
    pub front: usize,
    /// The layer it waited for.
    pub behind: usize,
    /// What that logged in the end.
    pub status: Status,
    /// It was still waiting itself, and ended only because its client had gone.
    pub still_waiting: bool,
    /// How many requests.
    pub count: u64,
    /// After how long the front gave up: the median.
    pub gave_up_micros: u64,
    /// How long it lasted behind: least, median, most.
    pub lasted_micros: (u64, u64, u64),
}

/// One failing line, as an episode is told by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) layer: usize,
    upstream: u64,
    host: u64,
    logged: i64,
    pub(crate) status: u16,
    pub(crate) duration: Option<i64>,
    pub(crate) place: Place,
    pub(crate) how: How,
    /// Of a layer that gave up: the layer behind, its status, whether it saw its client leave, how long it lasted.
    pub(crate) behind: Option<(usize, u16, bool, Option<i64>)>,
    /// The layer in front that has a line of it, and the status there.
    pub(crate) in_front: Option<(usize, u16)>,
}

impl Layers {
    /// What people call a layer: its product, with its format where several layers share that, with its file where
    /// they share both.
    pub fn name(&self, layer: usize) -> String {
        let Some(this) = self.layers.get(layer) else { return String::new() };
        let product = this.product.name();
        let same: Vec<_> = self.layers.iter().filter(|l| l.product == this.product).collect();
        if same.len() < 2 {
            return product.to_owned();
        }
        let file = this.inputs.first().map_or("", String::as_str);
        match same.iter().filter(|l| l.format == this.format).count() {
            0 | 1 => format!("{product} ({})", this.format),
            _ => format!("{product} ({file})"),
        }
    }

    /// Calls an input by another name, where it was read from a copy.
    pub fn rename_input(&mut self, from: &str, to: &str) {
        let lines = self.births.iter_mut().flat_map(|b| &mut b.examples).flat_map(|e| &mut e.lines);
        let paths = lines.map(|l| &mut l.path).chain(self.layers.iter_mut().flat_map(|l| &mut l.inputs));
        paths.filter(|path| *path == from).for_each(|path| to.clone_into(path));
        self.layers.iter_mut().for_each(|l| l.inputs.sort());
    }

    /// Whether any two layers have a request in common and a known order: without, there is nothing to tell.
    pub fn are_joined(&self) -> bool {
        self.links.iter().any(LayerLink::is_ordered)
    }

    /// The most frequent undercut among the lines of an episode, where at least half of them are of it.
    pub(crate) fn undercuts_of(
        &self,
        upstreams: &[String],
        hosts: &[String],
        time: (Timestamp, Option<Timestamp>),
    ) -> Option<&Undercut> {
        let mut counts: Vec<u64> = vec![0; self.undercuts.len()];
        let mut all = 0;
        for view in self.views(upstreams, hosts, time) {
            all += 1;
            let (Place::Layer(front), Some((behind, status, left, _))) = (view.place, view.behind) else {
                continue;
            };
            let same = |u: &Undercut| {
                (u.front, u.behind, u.status.code(), u.still_waiting) == (front, behind, status, left)
            };
            if let Some(count) = self.undercuts.iter().position(same).and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        }
        let most = counts.iter().max().filter(|&&most| most > 0 && most * 2 >= all)?;
        self.undercuts.get(counts.iter().position(|c| c == most)?)
    }

    /// The failing 5xx lines of these upstreams from `start` to `end`, of these hosts where some are given.
    pub(crate) fn views<'a>(
        &'a self,
        upstreams: &[String],
        hosts: &[String],
        time: (Timestamp, Option<Timestamp>),
    ) -> impl Iterator<Item = &'a View> {
        let hashes =
            |names: &[String]| names.iter().map(|n| stable_hash(n.as_bytes(), 0)).collect::<Vec<_>>();
        let (upstreams, hosts) = (hashes(upstreams), hashes(hosts));
        let (from, to) = (time.0.as_micros(), time.1.map_or(i64::MAX, Timestamp::as_micros));
        self.views.iter().filter(move |v| {
            v.status >= 500
                && (from..to).contains(&v.logged)
                && (upstreams.is_empty() || upstreams.contains(&v.upstream))
                && (hosts.is_empty() || hosts.contains(&v.host))
        })
    }
}
