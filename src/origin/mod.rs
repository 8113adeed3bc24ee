//! Who made an answer, by what cause, on what evidence: one rule set per product.
//!
//! A status alone does not say who made it: nginx writes its own 502 into `$upstream_status`, Envoy answers gRPC
//! failures with 200, HAProxy denies with 503. Every product has one field that tells, and its file here says which.
//! Where the line does not hold that field, the answer is [`Origin::Unknown`]; nothing is guessed from the status.

mod alb;
mod apache;
mod caddy;
mod cloud;
mod envoy;
mod haproxy;
mod masked;
mod nginx;
mod traefik;

#[cfg(test)]
mod tests;

use crate::attempts::Attempt;
use crate::record::Record;
use crate::schema::{Field, FieldSet, Product};
use crate::status::Status;

pub(crate) use masked::Suspicion;
pub use masked::masked;

/// On whose side the failure lies.
///
/// The upstream's is every answer it gave and every answer it failed to give: a refused connection is the
/// upstream's failure although the proxy wrote the 502. For who wrote it, see [`Attribution::answered_by`](Attribution#structfield.answered_by).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// No failure, nothing to attribute.
    None,
    /// The upstream answered so, or failed to answer.
    Upstream,
    /// The proxy, load balancer or edge itself: configuration, policy, capacity.
    Proxy,
    /// The client: it left, stalled, or sent something unusable.
    Client,
    /// The line cannot tell.
    Unknown,
}

impl Origin {
    /// `none`, `upstream`, `proxy`, `client`, `unknown`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Upstream => "upstream",
            Self::Proxy => "proxy",
            Self::Client => "client",
            Self::Unknown => "unknown",
        }
    }
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why an answer was no success: one model for all products.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Cause { $($(#[$doc])* $name,)* }
        impl Cause {
            /// All causes.
            pub const ALL: &'static [Cause] = &[$(Cause::$name,)*];
            /// The name, in snake case, stable.
            pub const fn name(self) -> &'static str { match self { $(Cause::$name => $text,)* } }
        }
    };
}

causes! {
    /// The upstream's own answer.
    AppError = "app_error",
    /// Connection refused (or reset at once) by the upstream.
    ConnectRefused = "connect_refused",
    /// No connection, TCP or TLS, within the connect timeout.
    ConnectTimeout = "connect_timeout",
    /// The connection failed; the line cannot say how.
    ConnectOther = "connect_other",
    /// TLS to the upstream failed.
    Tls = "tls",
    /// The upstream's name could not be resolved.
    Dns = "dns",
    /// The upstream closed or reset the connection before a whole response header.
    Reset = "reset",
    /// The response broke off after it had started.
    Truncated = "truncated",
    /// Connected, but no response header in time; where the line does not tell, because the client stalled in its body.
    ResponseTimeout = "response_timeout",
    /// The stream was idle too long.
    IdleTimeout = "idle_timeout",
    /// The stream's longest duration was reached.
    MaxDuration = "max_duration",
    /// The upstream's response was not usable: no valid HTTP, too large a header, or against a rule where the line does
    /// not tell.
    Protocol = "protocol",
    /// No upstream was fit to be chosen.
    NoHealthyUpstream = "no_healthy_upstream",
    /// A limit on connections, requests or retries to the upstream was reached.
    Overflow = "overflow",
    /// The proxy sheds load.
    Overload = "overload",
    /// Waited in a queue too long.
    QueueTimeout = "queue_timeout",
    /// A rate or connection limit.
    RateLimited = "rate_limited",
    /// Authentication or authorisation.
    Auth = "auth",
    /// A rule, WAF or security policy.
    Blocked = "blocked",
    /// A fault injected on purpose.
    FaultInjected = "fault_injected",
    /// No route for the request.
    NoRoute = "no_route",
    /// The route names a cluster that does not exist.
    NoCluster = "no_cluster",
    /// The proxy's configuration.
    Config = "config",
    /// A service the proxy depends on (authorisation, rate limit, WAF, identity provider).
    Dependency = "dependency",
    /// A configured answer (`return 503`, fixed response, maintenance).
    DirectResponse = "direct_response",
    /// The proxy ran out of a local resource, or failed internally.
    Internal = "internal",
    /// Killed by an administrator, or the server was marked down meanwhile.
    AdminKill = "admin_kill",
    /// The client closed the connection.
    ClientDisconnect = "client_disconnect",
    /// The client was too slow.
    ClientTimeout = "client_timeout",
    /// The client's request was unusable.
    BadRequest = "bad_request",
    /// The line cannot tell.
    Unknown = "unknown",
}

/// On whose side an answer failed, why, who wrote it, and the field of the line that proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribution {
    /// On whose side the failure lies.
    pub origin: Origin,
    /// Why; `None` where nothing failed.
    pub cause: Option<Cause>,
    /// Who wrote the answer the client got: the upstream only when it answered so itself. A 502 for a refused
    /// connection has the origin upstream and was written by the proxy.
    pub answered_by: Origin,
    /// The product's name of the column that decided it (`upstream_header_time`, `RESPONSE_FLAGS` …); empty where
    /// nothing failed or nothing in the line tells.
    pub evidence: &'static str,
}

impl Attribution {
    /// Nothing failed.
    pub const SUCCESS: Self = Self { cause: None, ..Self::new(Origin::None, Cause::Unknown, "") };
    /// Something failed; the line cannot tell where.
    pub const UNKNOWN: Self = Self::new(Origin::Unknown, Cause::Unknown, "");
    /// The line cannot tell whether anything failed.
    const UNTOLD: Self = Self { cause: None, ..Self::UNKNOWN };

    const fn new(origin: Origin, cause: Cause, evidence: &'static str) -> Self {
        let answered_by = match (origin, cause) {
            // A broken-off response had been the upstream's own until then.
            (Origin::Upstream, Cause::AppError | Cause::Truncated) => Origin::Upstream,
            (Origin::Upstream, _) => Origin::Proxy,
            (origin, _) => origin,
        };
        Self { origin, cause: Some(cause), answered_by, evidence }
    }

    const fn upstream(cause: Cause, evidence: &'static str) -> Self {
        Self::new(Origin::Upstream, cause, evidence)
    }

    /// The upstream gave this status, or the proxy did for want of one: the upstream's failure in both readings.
    const fn upstream_either_way(evidence: &'static str) -> Self {
        Self { answered_by: Origin::Unknown, ..Self::upstream(Cause::Unknown, evidence) }
    }

    const fn proxy(cause: Cause, evidence: &'static str) -> Self {
        Self::new(Origin::Proxy, cause, evidence)
    }

    const fn client(cause: Cause, evidence: &'static str) -> Self {
        Self::new(Origin::Client, cause, evidence)
    }
}

/// What [`attribute`] and [`masked`] read: a format that skips columns must not skip these.
pub const EVIDENCE: FieldSet = FieldSet::of(&[
    Field::Status,
    Field::Request,
    Field::Host,
    Field::Upstream,
    Field::UpstreamAlternative,
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::UpstreamConnectTime,
    Field::UpstreamHeaderTime,
    Field::UpstreamResponseTime,
    Field::UpstreamResponseLength,
    Field::UpstreamBytesReceived,
    Field::Time,
    Field::StartTime,
    Field::Duration,
    Field::DispatchTime,
    Field::ReturnTime,
    Field::BytesSent,
    Field::Reason,
    Field::Details,
    Field::TransportFailure,
    Field::Actions,
    Field::LimitReqStatus,
    Field::LimitConnStatus,
    Field::ProxyStatus,
    Field::GrpcStatus,
    Field::Retries,
    Field::AttemptCount,
    Field::TlsVerify,
]);

/// Attributes one record, by the rules of the product that wrote it.
///
/// Late failures keep the status already sent: Envoy and HAProxy mark them, and such a 200 is attributed with
/// [`Cause::Truncated`]. A 4xx the upstream gave is [`Cause::AppError`]: its own answer, no incident.
pub fn attribute(record: &Record<'_>) -> Attribution {
    let Some(status) = record.status() else { return without_status(record) };
    if is_plain_success(record, status) {
        return Attribution::SUCCESS;
    }
    match record.schema().product() {
        Product::Nginx | Product::IngressNginx | Product::Custom => nginx::attribute(record, status),
        Product::Envoy => envoy::attribute(record, status),
        Product::Alb | Product::Elb => alb::attribute(record, status),
        Product::Haproxy => haproxy::attribute(record, status),
        Product::Apache => apache::attribute(record, status),
        Product::Traefik => traefik::attribute(record, status),
        Product::Caddy => caddy::attribute(record, status),
        Product::CloudFront => cloud::cloudfront(record, status),
        Product::Gcp => cloud::gcp(record, status),
        Product::AzureAppGateway => cloud::azure_app_gateway(record, status),
        Product::AzureFrontDoor => cloud::azure_front_door(record, status),
        Product::Cloudflare => cloud::cloudflare(record, status),
        Product::Nlb => Attribution::SUCCESS,
    }
}

/// A quick look: a status below 400 and, for the products that mark failures behind one, no such mark. Costs a few
/// nanoseconds; `true` means that [`attribute`] gives [`Attribution::SUCCESS`].
#[inline]
pub fn is_plain_success(record: &Record<'_>, status: Status) -> bool {
    if !(100..400).contains(&status.code()) {
        return false;
    }
    match record.schema().product() {
        Product::Envoy => envoy::is_plain(record),
        Product::Haproxy => record.raw(Field::Reason).is_none_or(|state| state.starts_with(b"--")),
        Product::Gcp | Product::CloudFront | Product::AzureFrontDoor | Product::AzureAppGateway => {
            record.raw(Field::Reason).is_none_or(cloud::is_plain)
        }
        _ => true,
    }
}

/// The attempt that made the answer what it is; `None` when nobody was asked.
///
/// Mostly the last one. Where an error page was fetched from another group, it is the attempt whose failure the
/// page stands for: with `$status` 503 and the attempts `503 : 200` that is the first.
pub fn decisive_attempt<'a>(record: &Record<'a>, status: Status) -> Option<Attempt<'a>> {
    match record.schema().product() {
        Product::Nginx | Product::IngressNginx | Product::Custom => nginx::decisive_attempt(record, status),
        _ => record.attempts().last(),
    }
}

/// HAProxy logs TCP sessions and gone clients without a status; elsewhere nothing can be said.
fn without_status(record: &Record<'_>) -> Attribution {
    match record.schema().product() {
        Product::Haproxy => haproxy::attribute(record, Status::NONE),
        _ => Attribution::UNTOLD,
    }
}
