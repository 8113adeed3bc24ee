//! The additive cell.

use crate::status::{Class, Status};

/// What one host of one upstream answered in one bucket of time.
///
/// 5xx are client-visible statuses 500–599; `client_closed` are 499, 460 and status 0, which are never errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cell {
    /// Responses.
    pub requests: u32,
    /// All 5xx: the sum of the next five.
    pub errors: u32,
    /// 500
    pub s500: u32,
    /// 502
    pub s502: u32,
    /// 503
    pub s503: u32,
    /// 504
    pub s504: u32,
    /// Other 5xx.
    pub s5other: u32,
    /// 5xx made by the proxy, for want of an answer of the upstream or of its own accord.
    pub by_proxy: u32,
    /// 5xx the upstream itself answered with.
    pub by_upstream: u32,
    /// 4xx, client-closed ones included.
    pub s4xx: u32,
    /// 499, 460, 0.
    pub client_closed: u32,
    /// Failed attempts at this host that a retry hid from the client.
    pub masked: u32,
    /// Attempts at this host that are not the answer the client got, masked ones included.
    pub retried: u32,
    /// One bit per client (hashed to 0–63) that got a 5xx.
    pub error_clients: u64,
}

impl Cell {
    /// Adds another cell: integers by saturating addition, clients by `|`.
    pub fn merge(&mut self, o: &Self) {
        macro_rules! add { ($($f:ident)*) => { $( self.$f = self.$f.saturating_add(o.$f); )* }; }
        add!(requests errors s500 s502 s503 s504 s5other by_proxy by_upstream s4xx client_closed masked retried);
        self.error_clients |= o.error_clients;
    }

    /// Counts one response.
    #[inline]
    pub fn count(&mut self, status: Status) {
        self.add(status, 1);
    }

    /// Counts so many responses.
    pub(super) fn add(&mut self, status: Status, responses: u64) {
        // Saturating, as merging is: the order of counting and merging never shows.
        let more = u32::try_from(responses).unwrap_or(u32::MAX);
        let add = |n: &mut u32| *n = n.saturating_add(more);
        add(&mut self.requests);
        match status.class() {
            Class::ClientError => {
                add(&mut self.s4xx);
                if status.is_client_closed() {
                    add(&mut self.client_closed);
                }
            }
            Class::ServerError => {
                add(&mut self.errors);
                add(match status.code() {
                    500 => &mut self.s500,
                    502 => &mut self.s502,
                    503 => &mut self.s503,
                    504 => &mut self.s504,
                    _ => &mut self.s5other,
                });
            }
            Class::None if status.is_client_closed() => add(&mut self.client_closed),
            Class::None | Class::Success | Class::Redirect | Class::Informational => {}
        }
    }
}
