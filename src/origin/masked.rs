//! Failures the client did not see.

use super::attribute;
use crate::record::{Record, integer};
use crate::schema::{Field, Product, Schema};

/// A failure stands behind an answer that is none: the final status is below 500 while an attempt failed with a
/// 5xx or without a connection.
///
/// nginx shows the attempts (`502, 200`), also the one behind a stale cache entry or an error page; HAProxy, Envoy
/// and Traefik only count them, so there a retry behind an answer is taken for a masked failure. Cheap: one look
/// at one field for almost every line.
#[inline]
pub fn masked(record: &Record<'_>) -> bool {
    let Some(status) = record.status() else { return false };
    if status.code() >= 500 {
        return false;
    }
    match record.schema().product() {
        Product::Nginx | Product::IngressNginx | Product::Custom | Product::AzureAppGateway => lists(record),
        Product::Envoy => counter(record, Field::AttemptCount) > 1 && status.code() > 0 && unmarked(record),
        Product::Haproxy => {
            counter(record, Field::Retries) > 0 && status.code() > 0 && {
                record.raw(Field::Reason).is_none_or(|state| state.starts_with(b"--"))
            }
        }
        Product::Traefik => counter(record, Field::Retries) > 0 && status.code() > 0,
        Product::Alb | Product::Elb | Product::Cloudflare => {
            record.raw(Field::UpstreamStatus).is_some_and(is_5xx)
        }
        _ => false,
    }
}

/// Lists of attempts, as nginx writes them. A single status is the quick way.
#[inline]
fn lists(record: &Record<'_>) -> bool {
    match record.raw(Field::UpstreamStatus) {
        Some(statuses) if statuses.len() <= 3 => is_5xx(statuses),
        Some(_) => several(record),
        None if record.knows(Field::UpstreamStatus) => false,
        None => record.raw(Field::UpstreamAddr).is_some_and(was_retried),
    }
}

/// More than one attempt, one of them failed; or a group that failed before its first attempt and was followed.
#[cold]
fn several(record: &Record<'_>) -> bool {
    record.attempts().any(|attempt| attempt.failed())
        || record.raw(Field::UpstreamAddr).is_some_and(|addrs| {
            addrs.starts_with(b", ") || { memchr::memmem::find(addrs, b" : , ").is_some() }
        })
}

/// Without statuses: a second peer of the same group was asked, so the first had failed.
#[inline]
fn was_retried(addrs: &[u8]) -> bool {
    addrs.len() > 2 && memchr::memchr(b',', addrs).is_some()
}

/// What makes it worth asking whether a failure is [`masked`]: one look at one column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Suspicion {
    /// Lines of this format never tell.
    #[default]
    Never,
    /// A status that is a list, or a 5xx.
    Statuses(usize),
    /// A counter that is not zero.
    Retries(usize),
    /// A counter above one.
    Attempts(usize),
    /// No statuses; a list of peers tells.
    Addresses,
}

impl Suspicion {
    pub(crate) fn new(schema: &Schema) -> Self {
        let slot = |field, make: fn(usize) -> Self| schema.slot(field).map_or(Self::Never, make);
        match schema.product() {
            Product::Nginx | Product::IngressNginx | Product::Custom | Product::AzureAppGateway => {
                match schema.slot(Field::UpstreamStatus) {
                    Some(slot) => Self::Statuses(slot),
                    None if schema.has(Field::UpstreamAddr) => Self::Addresses,
                    None => Self::Never,
                }
            }
            Product::Alb | Product::Elb | Product::Cloudflare => slot(Field::UpstreamStatus, Self::Statuses),
            Product::Envoy => slot(Field::AttemptCount, Self::Attempts),
            Product::Haproxy | Product::Traefik => slot(Field::Retries, Self::Retries),
            _ => Self::Never,
        }
    }

    /// The column it looks at, if it is one.
    pub(crate) const fn column(self) -> Option<usize> {
        match self {
            Self::Never | Self::Addresses => None,
            Self::Statuses(slot) | Self::Retries(slot) | Self::Attempts(slot) => Some(slot),
        }
    }

    /// True for every record that is masked, and for few others. A function of its [`column`](Self::column), the
    /// addresses of the peers and the status.
    #[inline]
    pub(crate) fn may_be(self, record: &Record<'_>) -> bool {
        match self {
            Self::Never => false,
            Self::Statuses(slot) => {
                let statuses = record.at(slot);
                statuses.len() > 3 || statuses.first() == Some(&b'5')
            }
            Self::Retries(slot) => !matches!(record.at(slot), b"0" | b"-" | b""),
            Self::Attempts(slot) => !matches!(record.at(slot), b"0" | b"1" | b"-" | b""),
            Self::Addresses => masked(record),
        }
    }
}

#[inline]
fn is_5xx(status: &[u8]) -> bool {
    matches!(status, [b'5', _, _])
}

#[inline]
fn counter(record: &Record<'_>, field: Field) -> u64 {
    record.raw(field).and_then(integer).unwrap_or(0)
}

/// Envoy marked no failure of the last attempt; a 4xx of the upstream's own is none.
#[cold]
fn unmarked(record: &Record<'_>) -> bool {
    use super::{Cause, Origin};
    let attribution = attribute(record);
    attribution.origin == Origin::None
        || (attribution.origin == Origin::Upstream && attribution.cause == Some(Cause::AppError))
}
