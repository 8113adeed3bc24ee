//! What a product means by its lines: which of them are no access records, and what it writes for "absent".

use crate::error::{LineError, LineErrorKind};
use crate::format::Other;
use crate::record::{Record, Span, Value};
use crate::schema::{Field, Product, Schema};
use crate::status::Status;

/// The rules of one format, looked up once.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    product: Product,
    /// Columns that say by themselves what the line is.
    gates: Vec<u8>,
    /// Columns in which the product writes `""` or `N/A` for "absent".
    blanks: Vec<bool>,
    status: Option<u8>,
    /// Azure Application Gateway v1: the column with the query, the columns for the server and its status.
    embedded: Option<(u8, u8, u8)>,
}

impl Rules {
    pub(super) fn new(schema: &Schema) -> Self {
        let product = schema.product();
        let columns = schema.columns();
        let position = |name: &str| schema.position(name).map(|i| i as u8);
        let gates = gate_names(product).iter().filter_map(|name| position(name)).collect();
        let embedded = (product == Product::AzureAppGateway)
            .then(|| {
                let query = position("properties.requestQuery")?;
                Some((
                    query,
                    schema.slot(Field::UpstreamAddr)? as u8,
                    schema.slot(Field::UpstreamStatus)? as u8,
                ))
            })
            .flatten();
        Self {
            product,
            gates,
            blanks: columns.iter().map(|c| means_absent(product, c.field)).collect(),
            status: schema.slot(Field::Status).map(|slot| slot as u8),
            embedded,
        }
    }

    /// Whether `text`, the value of `column`, stands for no value.
    #[inline]
    pub(super) fn is_absent(&self, column: u8, text: &[u8]) -> bool {
        (text.is_empty() || text == b"N/A")
            && self.blanks.get(usize::from(column)).is_some_and(|&blank| blank)
    }

    /// Whether the product writes something for "absent" in `column`.
    pub(super) fn has_blanks(&self, column: u8) -> bool {
        self.blanks.get(usize::from(column)).is_some_and(|&blank| blank)
    }

    /// Columns every reader needs, whatever is wanted.
    pub(super) fn needed(&self) -> impl Iterator<Item = u8> {
        self.gates.iter().copied().chain(self.status)
    }

    /// Whether values are made of parts of other columns.
    pub(super) const fn derives(&self) -> bool {
        self.embedded.is_some()
    }

    /// Azure Application Gateway v1 writes the server and its status into the query.
    pub(super) fn derive(&self, line: &[u8], spans: &mut [Span]) {
        let Some((query, addr, status)) = self.embedded else { return };
        for (column, name) in [(addr, &b"SERVER-ROUTED="[..]), (status, b"SERVER-STATUS=")] {
            let text = spans.get(usize::from(query)).and_then(|span| span.of(line)).unwrap_or_default();
            let found = memchr::memmem::find(text, name).map(|at| &text[at + name.len()..]);
            let value = found.and_then(|rest| rest.split(|&b| b == b'&').next()).filter(|v| !v.is_empty());
            if let (Some(value), Some(span @ &mut (Span::ABSENT | Span::NULL))) =
                (value, spans.get_mut(usize::from(column)))
            {
                let start = offset(line, value);
                *span = Span::new(start, start + value.len());
            }
        }
    }

    /// What the line is, if no access record.
    pub(super) fn classify(&self, record: &Record<'_>) -> Result<Option<Other>, LineError> {
        for value in self.gates.iter().filter_map(|&gate| record.column(usize::from(gate))) {
            if let Some(other) = self.gate(value.raw()) {
                return Ok(Some(other));
            }
        }
        let Some(raw) = self.status.and_then(|slot| record.column(usize::from(slot))).map(Value::raw) else {
            return Ok((!self.is_request(record)).then_some(Other::Foreign));
        };
        match Status::parse(raw) {
            Some(Status::NONE) if self.product == Product::Envoy => Ok(unanswered(record)),
            None if raw != b"-" => {
                let column = self.status.map_or(usize::MAX, usize::from);
                Err(LineError::new(LineErrorKind::Status, offset(record.line(), raw), column))
            }
            _ => Ok(None),
        }
    }

    /// Whether a record with only the [`needed`](Self::needed) columns tells that the line is an access record.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions, in the loop over all lines")]
    pub(super) fn is_plain(&self, record: &Record<'_>) -> bool {
        let raw = self.status.map_or(&b""[..], |slot| record.at(usize::from(slot)));
        let usual = matches!(raw, [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9']);
        (usual || self.is_status(raw))
            && self
                .gates
                .iter()
                .all(|&gate| record.column(usize::from(gate)).is_none_or(|value| self.passes(value.raw())))
    }

    /// Whether a column that says what the line is says that it is an access record.
    #[inline(never)]
    fn passes(&self, value: &[u8]) -> bool {
        self.gate(value).is_none()
    }

    #[cold]
    fn is_status(&self, raw: &[u8]) -> bool {
        Status::parse(raw).is_some_and(|status| self.product != Product::Envoy || status != Status::NONE)
    }

    /// Whether an object without a status is a request all the same.
    fn is_request(&self, record: &Record<'_>) -> bool {
        const MARKS: [Field; 5] = [Field::Request, Field::Method, Field::Target, Field::Client, Field::Host];
        let has = |field| record.raw(field).is_some();
        match (self.status, self.product) {
            (_, Product::Caddy) => false,
            // nginx writes all keys of its format with every line.
            (Some(_), Product::Nginx) if !record.knows(Field::Status) => false,
            (None, _) => !record.schema().has(Field::Time) || has(Field::Time),
            (Some(_), _) => has(Field::Time) && MARKS.into_iter().any(has),
        }
    }

    fn gate(&self, value: &[u8]) -> Option<Other> {
        match self.product {
            Product::Caddy if value.starts_with(b"http.log.access") => None,
            Product::Caddy if value.starts_with(b"http.log.error") => Some(Other::ErrorLog),
            Product::Caddy => Some(Other::Foreign),
            Product::Envoy => match value {
                b"DownstreamEnd" => None,
                _ if value.starts_with(b"Tcp") => Some(Other::Connection),
                _ if [&b"Downstream"[..], b"Upstream", b"Udp"].iter().any(|at| value.starts_with(at)) => {
                    Some(Other::NotFinal)
                }
                // A `type` of somebody else's.
                _ => None,
            },
            // The leg from the edge to the origin shield: the client's request has a record of its own.
            Product::AzureFrontDoor if matches!(value, b"false" | b"False") => Some(Other::NotFinal),
            // The gateway asks itself.
            Product::AzureAppGateway if value == b"127.0.0.1" => Some(Other::Event),
            Product::AzureFrontDoor | Product::AzureAppGateway if value.ends_with(b"FirewallLog") => {
                Some(Other::Firewall)
            }
            // `category`: performance and probe logs of the same resource.
            Product::AzureFrontDoor | Product::AzureAppGateway
                if value.ends_with(b"Log") && !value.ends_with(b"AccessLog") =>
            {
                Some(Other::Foreign)
            }
            _ => None,
        }
    }
}

/// Names of the columns that say what a line is.
const fn gate_names(product: Product) -> &'static [&'static str] {
    match product {
        Product::Caddy => &["logger"],
        Product::Envoy => &["access_log_type", "type"],
        Product::AzureFrontDoor => &["properties.isReceivedFromClient", "category"],
        Product::AzureAppGateway => &["properties.clientIP", "category"],
        _ => &[],
    }
}

/// Whether `product` writes an empty value (or `N/A`) of `field` where there is none: nginx with `escape=json` for
/// variables without a value, clouds where no backend was asked.
const fn means_absent(product: Product, field: Field) -> bool {
    let cloud = matches!(
        product,
        Product::Cloudflare | Product::AzureAppGateway | Product::AzureFrontDoor | Product::Gcp
    );
    let nginx = matches!(product, Product::Nginx | Product::IngressNginx);
    match field {
        Field::Upstream
        | Field::UpstreamAlternative
        | Field::UpstreamAddr
        | Field::UpstreamStatus
        | Field::UpstreamConnectTime
        | Field::UpstreamHeaderTime
        | Field::UpstreamResponseTime
        | Field::UpstreamResponseLength
        | Field::UpstreamBytesReceived
        | Field::CacheStatus => nginx || cloud,
        Field::Reason | Field::Details => cloud,
        Field::LimitReqStatus | Field::LimitConnStatus => nginx,
        _ => false,
    }
}

/// Envoy's status 0: the record of a connection, a record written before the end, or a client that left.
fn unanswered(record: &Record<'_>) -> Option<Other> {
    let schema = record.schema();
    let blank = |field| record.raw(field).is_none_or(<[u8]>::is_empty);
    if schema.has(Field::Method) && blank(Field::Method) {
        return Some(Other::Connection);
    }
    (schema.has(Field::Reason) && blank(Field::Reason) && blank(Field::Details)).then_some(Other::NotFinal)
}

/// Where `part`, a piece of `line`, begins.
fn offset(line: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize).min(line.len())
}
