//! Servers that the proxy itself took out of service.

use std::collections::BTreeMap;

use super::super::Report;
use super::super::figures::count;
use super::{Notice, NoticeKind};
use crate::server_events::{ServerEvents, ServerState};
use crate::time::Timestamp;

/// Servers that get a notice of their own.
const SHOWN: usize = 20;

/// When, and what.
type Said = (Option<Timestamp>, ServerState);

impl Report {
    /// Adds a notice for every server that HAProxy took out of service or put back, with the times. They show next to
    /// the episodes, and change none.
    #[must_use]
    pub fn with_server_events(mut self, events: &ServerEvents) -> Self {
        let last = self.range.map_or(Timestamp::from_micros(i64::MAX / 4), |range| range.1);
        let mut servers: BTreeMap<(&str, &str), Vec<Said>> = BTreeMap::new();
        for event in events.iter() {
            let key = (event.backend.as_str(), event.server.as_str());
            servers.entry(key).or_default().push((event.time(last), event.state));
        }
        let more = servers.len().saturating_sub(SHOWN);
        for ((backend, server), mut states) in servers.into_iter().take(SHOWN) {
            states.sort_unstable();
            self.notices.push(notice(backend, server, &states));
        }
        if more > 0 {
            let message =
                format!("HAProxy reported changes of {} more", count(more as u64, "server", "servers"));
            self.notices.push(Notice::new(NoticeKind::ServerState, more as u64, None, message));
        }
        self
    }
}

fn notice(backend: &str, server: &str, states: &[Said]) -> Notice {
    let is_down = |state: ServerState| state != ServerState::Up;
    let downs = states.iter().filter(|(_, state)| is_down(*state)).count() as u64;
    let said = states.iter().take(6).map(|(time, state)| {
        let word = match state {
            ServerState::Down => "DOWN",
            ServerState::Up => "UP",
            ServerState::NoServer => "no server left",
        };
        time.map_or(word.to_owned(), |time| format!("{word} {time}"))
    });
    let mut said = said.collect::<Vec<_>>().join(", ");
    if states.len() > 6 {
        said.push_str(", …");
    }
    let name = if server.is_empty() { backend.to_owned() } else { format!("{backend}/{server}") };
    let times = if states.iter().all(|(time, _)| time.is_none()) { "; the lines have no time" } else { "" };
    let message = format!("HAProxy says of {name}: {said}{times}");
    let mut notice = Notice::new(NoticeKind::ServerState, downs, None, message).of_upstream(backend);
    let first = states.iter().find(|(_, state)| is_down(*state)).and_then(|(time, _)| *time);
    if let Some(start) = first {
        let end = states.last().filter(|(_, state)| !is_down(*state)).and_then(|(time, _)| *time);
        notice = notice.during(start, end);
    }
    notice
}
