//! What the positions of a format mean: [`Field`], [`Column`], [`Schema`].

use std::sync::Arc;

use crate::escape::Escape;
use crate::time::{TimeLayout, Timestamp};

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A meaning, the same word for every product; the table of names is in the style of the field
        /// (OpenTelemetry where it has a word, nginx and Envoy otherwise).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* $name,)* }

        impl Field {
            /// All meanings.
            pub const ALL: &'static [Field] = &[$(Field::$name,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// The name, in snake case.
            pub const fn name(self) -> &'static str {
                match self { $(Field::$name => $text,)* }
            }
        }
    };
}

fields! {
    /// The instant the line is stamped with; the schema says whether it is the start or the end.
    Time = "time",
    /// The start of the request where the line has it beside an end stamp (ALB `request_creation_time`).
    StartTime = "start_time",
    /// Status to the client.
    Status = "status",
    /// The whole request line: method, target, protocol.
    Request = "request",
    /// HTTP method.
    Method = "method",
    /// Target of the request as logged: path and query, or the absolute form.
    Target = "target",
    /// Protocol of the request, `HTTP/1.1`.
    Protocol = "protocol",
    /// Host the client asked for (`$host`, `:authority`, SNI).
    Host = "host",
    /// Client address, with or without port.
    Client = "client",
    /// `X-Forwarded-For`.
    ForwardedFor = "forwarded_for",
    /// Group the request was sent to: `$proxy_host`, cluster, backend, target group.
    Upstream = "upstream",
    /// ingress-nginx: the canary's group, set when it was chosen.
    UpstreamAlternative = "upstream_alternative",
    /// Peer or list of peers tried: `$upstream_addr`, `%UPSTREAM_HOST%`, server name.
    UpstreamAddr = "upstream_addr",
    /// Status or list of statuses the peers gave.
    UpstreamStatus = "upstream_status",
    /// Time to connect, per attempt.
    UpstreamConnectTime = "upstream_connect_time",
    /// Time to the peer's response header, per attempt. Present means the peer answered.
    UpstreamHeaderTime = "upstream_header_time",
    /// Time to the end of the peer's response, per attempt.
    UpstreamResponseTime = "upstream_response_time",
    /// Bytes of the peer's body, per attempt.
    UpstreamResponseLength = "upstream_response_length",
    /// Bytes received from the peer, per attempt.
    UpstreamBytesReceived = "upstream_bytes_received",
    /// Cache verdict (`MISS`, `STALE` …).
    CacheStatus = "cache_status",
    /// Time from the first byte of the request to the last of the response.
    Duration = "duration",
    /// Time waited in a queue.
    QueueTime = "queue_time",
    /// HAProxy `%TR`: time to receive the request header.
    RequestTime = "request_time",
    /// ALB: time until the request was handed to a target.
    DispatchTime = "dispatch_time",
    /// ALB: time to hand the response to the client.
    ReturnTime = "return_time",
    /// Bytes to the client.
    BytesSent = "bytes_sent",
    /// Bytes from the client.
    BytesReceived = "bytes_received",
    /// The product's own reason: response flags, termination state, `error_reason`, `statusDetails`.
    Reason = "reason",
    /// More about the reason: `%RESPONSE_CODE_DETAILS%`.
    Details = "details",
    /// `%UPSTREAM_TRANSPORT_FAILURE_REASON%`.
    TransportFailure = "transport_failure",
    /// ALB `actions_executed`.
    Actions = "actions",
    /// nginx `$limit_req_status`.
    LimitReqStatus = "limit_req_status",
    /// nginx `$limit_conn_status`.
    LimitConnStatus = "limit_conn_status",
    /// Apache `%{proxy-status}n`: status line code received from the backend.
    ProxyStatus = "proxy_status",
    /// gRPC status.
    GrpcStatus = "grpc_status",
    /// Retries, or attempts, as the product counts them (see the column's [`Kind`]).
    Retries = "retries",
    /// Attempts made (`%UPSTREAM_REQUEST_ATTEMPT_COUNT%`).
    AttemptCount = "attempt_count",
    /// `User-Agent`.
    UserAgent = "user_agent",
    /// `Referer`.
    Referer = "referer",
    /// Request or trace id.
    RequestId = "request_id",
    /// Availability zone or region, where a log has it.
    Zone = "zone",
    /// Name of the load balancer or listener that wrote the line.
    Frontend = "frontend",
    /// TLS client verification verdict.
    TlsVerify = "tls_verify",
    /// Any other column; read it by its name.
    Other = "other",
}

/// A set of meanings: what a consumer of records wants to read.
///
/// ```
/// use brownout::{Field, FieldSet};
/// let wanted = FieldSet::of(&[Field::Time, Field::Status]);
/// assert!(wanted.contains(Field::Status) && !wanted.contains(Field::Method));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldSet(u64);

const _: () = assert!(Field::COUNT <= 64);

impl FieldSet {
    /// Nothing.
    pub const EMPTY: Self = Self(0);
    /// Everything, columns without a meaning of their own included.
    pub const ALL: Self = Self(u64::MAX);

    /// A set of these.
    pub const fn of(fields: &[Field]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < fields.len() {
            bits |= 1 << fields[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// Whether `field` is in it.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without `field`.
    #[must_use]
    pub const fn without(self, field: Field) -> Self {
        Self(self.0 & !(1 << field as u8))
    }
}

/// How the bytes of a column are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Bytes.
    Text,
    /// A status, or a list of them.
    Status,
    /// An integer.
    Integer,
    /// A duration in this unit, or a list of them.
    Duration(Unit),
    /// A time stamp.
    Time(TimeLayout),
    /// `address:port`; IPv6 with or without brackets.
    Address,
    /// Method, target and protocol in one.
    Request,
}

/// Unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, decimal fraction allowed.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Unit {
    /// Microseconds in one.
    pub(crate) const fn nanos(self) -> u64 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Millis => 1_000_000,
            Self::Micros => 1_000,
            Self::Nanos => 1,
        }
    }
}

/// One position of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The product's own name: `upstream_cache_status`, `REQ(USER-AGENT)`, `target:port`, `%Tr`, a JSON path.
    pub name: Box<str>,
    /// What it means.
    pub field: Field,
    /// How it is read.
    pub kind: Kind,
    /// How the producer escaped it.
    pub escape: Escape,
}

impl Column {
    /// A text column without escapes and without a meaning of its own.
    pub fn new(name: impl Into<Box<str>>, field: Field, kind: Kind) -> Self {
        Self { name: name.into(), field, kind, escape: Escape::None }
    }

    /// The same with the producer's escapes.
    #[must_use]
    pub fn escaped(mut self, escape: Escape) -> Self {
        self.escape = escape;
        self
    }
}

/// The program that wrote the line: decides how origin and cause are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Product {
    /// nginx and what is built on it.
    Nginx,
    /// ingress-nginx.
    IngressNginx,
    /// Envoy, Istio, Contour, Envoy Gateway.
    Envoy,
    /// AWS Application Load Balancer.
    Alb,
    /// AWS Classic Load Balancer.
    Elb,
    /// AWS Network Load Balancer (TLS).
    Nlb,
    /// Amazon CloudFront.
    CloudFront,
    /// HAProxy.
    Haproxy,
    /// Apache httpd.
    Apache,
    /// Traefik.
    Traefik,
    /// Caddy.
    Caddy,
    /// Google Cloud HTTP(S) load balancers.
    Gcp,
    /// Azure Application Gateway.
    AzureAppGateway,
    /// Azure Front Door.
    AzureFrontDoor,
    /// Cloudflare.
    Cloudflare,
    /// Anything else, read by a field map or a user's own format.
    Custom,
}

impl Product {
    /// The name people use: `nginx`, `Envoy`, `AWS ALB` …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::IngressNginx => "ingress-nginx",
            Self::Envoy => "Envoy",
            Self::Alb => "AWS ALB",
            Self::Elb => "AWS Classic ELB",
            Self::Nlb => "AWS NLB",
            Self::CloudFront => "CloudFront",
            Self::Haproxy => "HAProxy",
            Self::Apache => "Apache httpd",
            Self::Traefik => "Traefik",
            Self::Caddy => "Caddy",
            Self::Gcp => "Google Cloud load balancer",
            Self::AzureAppGateway => "Azure Application Gateway",
            Self::AzureFrontDoor => "Azure Front Door",
            Self::Cloudflare => "Cloudflare",
            Self::Custom => "custom",
        }
    }
}

/// What the time of a line is the time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMeaning {
    /// The request's start (Envoy, HAProxy, Apache, GCP).
    Start,
    /// The end, when the line was written (nginx, ALB, CloudFront).
    End,
}

/// The columns of a format and where each meaning stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    product: Product,
    time_meaning: TimeMeaning,
    /// Shared by its copies.
    columns: Arc<[Column]>,
    slots: [u8; Field::COUNT],
    /// Seconds east of UTC for stamps without a zone.
    utc_offset: i32,
    /// How many quotes a line of a format has whose product escapes none.
    bare_quotes: Option<usize>,
}

/// No column.
pub(crate) const NO_SLOT: u8 = u8::MAX;

impl Schema {
    /// At most this many columns; a format with more is refused when it is compiled.
    pub const MAX_COLUMNS: usize = 250;

    /// A schema of these columns. Where several carry one meaning, the first counts, except for
    /// [`Field::Time`], where the most precise layout counts.
    pub fn new(product: Product, time_meaning: TimeMeaning, columns: Vec<Column>) -> Self {
        let mut slots = [NO_SLOT; Field::COUNT];
        for (i, column) in columns.iter().enumerate().take(Self::MAX_COLUMNS) {
            let slot = &mut slots[column.field as usize];
            let better = match (&column.kind, columns.get(*slot as usize).map(|c| &c.kind)) {
                (Kind::Time(new), Some(Kind::Time(old))) => new.precision() > old.precision(),
                _ => false,
            };
            if *slot == NO_SLOT || better {
                *slot = i as u8;
            }
        }
        Self { product, time_meaning, columns: columns.into(), slots, utc_offset: 0, bare_quotes: None }
    }

    /// The same, with stamps that carry no zone read as `seconds` east of UTC.
    #[must_use]
    pub fn with_utc_offset(mut self, seconds: i32) -> Self {
        self.utc_offset = seconds;
        self
    }

    /// The same, of a format with so many quotes whose product escapes none of those in values.
    pub(crate) fn with_bare_quotes(mut self, quotes: Option<usize>) -> Self {
        self.bare_quotes = quotes;
        self
    }

    pub(crate) fn bare_quotes(&self) -> Option<usize> {
        self.bare_quotes
    }

    /// The same, with stamps that name no year read as of the newest in which they are not after `newest`.
    #[must_use]
    pub fn with_newest(mut self, newest: Timestamp) -> Self {
        for column in Arc::make_mut(&mut self.columns) {
            if let Kind::Time(layout) = &mut column.kind {
                *layout = std::mem::replace(layout, TimeLayout::Auto).in_newest_year(newest);
            }
        }
        self
    }

    /// Who wrote the lines.
    pub const fn product(&self) -> Product {
        self.product
    }

    /// Whether [`Field::Time`] is a start or an end.
    pub const fn time_meaning(&self) -> TimeMeaning {
        self.time_meaning
    }

    /// Seconds east of UTC for stamps without a zone.
    pub const fn utc_offset(&self) -> i32 {
        self.utc_offset
    }

    /// The columns, in the order of the format.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where `field` stands, if the format has it.
    #[inline]
    pub fn slot(&self, field: Field) -> Option<usize> {
        let slot = self.slots[field as usize];
        (slot != NO_SLOT).then_some(slot as usize)
    }

    /// Whether the format has `field`.
    pub fn has(&self, field: Field) -> bool {
        self.slot(field).is_some()
    }

    /// The position of the column the product calls `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }
}
