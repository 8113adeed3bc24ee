//! What the codes mean: every status and product reason with its usual causes and what to check first. Data, with
//! sources.
//!
//! Two rules stand above all entries ([`class_rule`]): a 4xx is a request the server *chose* not to fulfil, rarely
//! an outage; a 5xx is one it *failed* to fulfil. And a status does not say who made it: a proxy writes its own
//! 502, 503 and 504, and passes on those of its upstream.
//!
//! ```
//! use brownout::{Cause, Product, Status, catalogue};
//!
//! let entry = catalogue::status(Status::new(502).unwrap()).unwrap();
//! assert_eq!(entry.title, "Bad Gateway");
//! assert!(entry.note(Product::Nginx).unwrap().contains("error log"));
//!
//! assert_eq!(catalogue::envoy_flag("UF").unwrap().cause, Some(Cause::ConnectOther));
//! assert_eq!(catalogue::haproxy_state("sH--").unwrap().usual_status, "504");
//! assert!(catalogue::alb_error_reason("LambdaThrottling").is_some());
//! assert_eq!(catalogue::cause(Cause::Reset).tendency, catalogue::Tendency::Transient);
//! ```

mod alb;
mod cause;
mod envoy;
mod haproxy;
mod status;
#[cfg(test)]
mod tests;

pub use cause::{CauseEntry, Tendency, cause, causes};
pub use haproxy::{haproxy_first, haproxy_second};

use crate::origin::Cause;
use crate::schema::Product;
use crate::status::{Class, Status};

/// On whose side to look first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The client: what it sent, or that it left.
    Client,
    /// The serving side: proxy, upstream, or what lies between.
    Server,
    /// Either: another column of the line has to tell.
    Either,
    /// Nothing failed by this alone.
    Info,
}

impl Side {
    /// `client`, `server`, `either`, `info`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Either => "either",
            Self::Info => "info",
        }
    }
}

/// One code: a status, an Envoy flag, a HAProxy termination state or an ALB error reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// As the log writes it: `502`, `UF`, `SC`, `LambdaThrottling`.
    pub key: &'static str,
    /// The long name: `Bad Gateway`, `UpstreamConnectionFailure`.
    pub title: &'static str,
    /// Who writes it; empty: everybody.
    pub products: &'static [Product],
    /// The HTTP status that goes with it, in words where it is not one number. For a status, the number itself.
    pub usual_status: &'static str,
    /// On whose side to look first.
    pub side: Side,
    /// The cause of the unified model that it most likely stands for, where there is one.
    pub cause: Option<Cause>,
    /// What it says, in one or two sentences.
    pub meaning: &'static str,
    /// What usually lies behind it, most frequent first.
    pub usual_causes: &'static [&'static str],
    /// What to check first, most telling first.
    pub check_first: &'static [&'static str],
    /// What differs by product: where to look, and by what name.
    pub product_notes: &'static [(Product, &'static str)],
    /// Where the facts come from.
    pub source: &'static str,
}

impl Entry {
    /// The rest of an entry, for `..BLANK` in the tables; the tests see to it that nothing of it stays.
    const BLANK: Self = Self {
        key: "",
        title: "",
        products: &[],
        usual_status: "",
        side: Side::Either,
        cause: None,
        meaning: "",
        usual_causes: &[],
        check_first: &[],
        product_notes: &[],
        source: "",
    };

    /// What is different for this product, if anything.
    ///
    /// ingress-nginx is nginx, and a Classic ELB behaves as an ALB, where they have no note of their own.
    pub fn note(&self, product: Product) -> Option<&'static str> {
        note_for(self.product_notes, product)
    }
}

/// The note of a product, or of the one it is built on.
fn note_for(notes: &[(Product, &'static str)], product: Product) -> Option<&'static str> {
    let of = |p: Product| notes.iter().find(|n| n.0 == p).map(|n| n.1);
    of(product).or_else(|| match product {
        Product::IngressNginx => of(Product::Nginx),
        Product::Elb => of(Product::Alb),
        _ => None,
    })
}

/// What a class says in general.
///
/// ```
/// use brownout::{Class, catalogue::class_rule};
/// assert!(class_rule(Class::ClientError).contains("chose not to fulfil"));
/// assert!(class_rule(Class::ServerError).contains("failed to fulfil"));
/// ```
pub const fn class_rule(class: Class) -> &'static str {
    match class {
        Class::None => "No response was sent: as a rule the client left first.",
        Class::Informational => "An interim answer, or a connection that became something else (101).",
        Class::Success => "Fulfilled, as far as the header says; the body may still have broken off.",
        Class::Redirect => "Fulfilled by pointing elsewhere.",
        Class::ClientError => "The server chose not to fulfil the request: rarely an outage.",
        Class::ServerError => "The server failed to fulfil the request.",
    }
}

/// The entry of a status.
///
/// ```
/// use brownout::{Status, catalogue};
/// assert_eq!(catalogue::status(Status::NONE).unwrap().key, "000");
/// assert!(catalogue::status(Status::new(299).unwrap()).is_none());
/// ```
pub fn status(status: Status) -> Option<&'static Entry> {
    statuses().find(|e| Status::parse(e.key.as_bytes()) == Some(status))
}

/// The entry of an Envoy response flag, by its short or long name, in any case.
///
/// ```
/// use brownout::catalogue::envoy_flag;
/// assert_eq!(envoy_flag("UH"), envoy_flag("NoHealthyUpstream"));
/// assert!(envoy_flag("-").is_none());
/// ```
pub fn envoy_flag(name: &str) -> Option<&'static Entry> {
    envoy_flags().find(|e| e.key.eq_ignore_ascii_case(name) || e.title.eq_ignore_ascii_case(name))
}

/// The entry of a HAProxy termination state, by its two letters or all four (the last two tell about the
/// persistence cookie only).
///
/// ```
/// use brownout::catalogue::haproxy_state;
/// assert_eq!(haproxy_state("SC--").unwrap().key, "SC");
/// assert_eq!(haproxy_state("SCVN"), haproxy_state("SC"));
/// assert!(haproxy_state("sC").unwrap().key == "sC"); // case matters
/// assert!(haproxy_state("SCxx").is_none());
/// ```
pub fn haproxy_state(state: &str) -> Option<&'static Entry> {
    let key = haproxy::state_key(state)?;
    haproxy_states().find(|e| e.key == key)
}

/// The entry of an ALB `error_reason`.
pub fn alb_error_reason(reason: &str) -> Option<&'static Entry> {
    alb_error_reasons().find(|e| e.key.eq_ignore_ascii_case(reason))
}

/// All statuses, by number.
pub fn statuses() -> impl Iterator<Item = &'static Entry> {
    status::STATUSES.iter()
}

/// All Envoy response flags.
pub fn envoy_flags() -> impl Iterator<Item = &'static Entry> {
    envoy::FLAGS.iter()
}

/// All HAProxy termination states that are known to occur.
pub fn haproxy_states() -> impl Iterator<Item = &'static Entry> {
    haproxy::STATES.iter()
}

/// All ALB error reasons.
pub fn alb_error_reasons() -> impl Iterator<Item = &'static Entry> {
    alb::REASONS.iter()
}

/// Everything: statuses, Envoy flags, HAProxy states, ALB error reasons, in this order.
///
/// Keys are unique within each group.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    statuses().chain(envoy_flags()).chain(haproxy_states()).chain(alb_error_reasons())
}
