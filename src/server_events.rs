//! [`ServerEvents`]: what HAProxy says about its servers between the access lines, kept with its times.

use std::collections::BTreeSet;

use crate::aggregate::Accumulate;
use crate::error::LineError;
use crate::format::{Format, Line, Other, Records};
use crate::input::Framing;
use crate::schema::{FieldSet, Product, Schema};
use crate::time::{TimeLayout, Timestamp};

/// Events kept; of more, the earliest.
const KEPT: usize = 1000;
/// Bytes of a server's name.
const NAME: usize = 256;

/// What happened to a server, or to a backend as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerState {
    /// Taken out of service: checks failed, or for maintenance.
    Down,
    /// Back in service.
    Up,
    /// The backend has no server left.
    NoServer,
}

/// When, as far as the frame of the line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum When {
    At(Timestamp),
    /// Month, day and seconds of the day, without a year.
    Yearless(u8, u8, u32),
    Never,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerEvent {
    when: When,
    /// The backend.
    pub backend: String,
    /// The server; empty where the backend as a whole is meant.
    pub server: String,
    /// What happened.
    pub state: ServerState,
}

impl ServerEvent {
    /// When it was logged, by the frame of the line; `None` for a line without one. A syslog stamp has no year: it is
    /// given the newest with which it is not after `last`, a day allowed for clocks and zones.
    pub fn time(&self, last: Timestamp) -> Option<Timestamp> {
        const DAY: i64 = 86_400_000_000;
        let (month, day, seconds) = match self.when {
            When::At(time) => return Some(time),
            When::Yearless(month, day, seconds) => (month, day, seconds),
            When::Never => return None,
        };
        let newest: u32 = last.plus_micros(DAY).to_string().get(..4)?.parse().ok()?;
        // The 29th of February can be eight years back.
        let in_year = |year: u32| {
            let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
            Timestamp::parse_rfc3339(text.as_bytes()).filter(|t| *t <= last.plus_micros(DAY))
        };
        (0..9).find_map(|back| in_year(newest.checked_sub(back)?))
    }
}

/// Servers that HAProxy took out of service and put back, from the lines it writes about that beside its access log.
///
/// At most 1,000 events are kept, the earliest; [`total`](Self::total) counts all.
///
/// ```
/// use brownout::{Accumulate, Format, ServerEvents, ServerState, Spans, formats};
/// let Some(formats::Known::Text(format)) = formats::by_name("haproxy") else { panic!("a preset") };
/// let format = format.framed(brownout::input::Framing::Rfc3164);
/// let mut events = ServerEvents::default();
/// events.begin("haproxy.log", &format);
/// let line = b"Nov 22 07:29:42 lb haproxy[308]: Server shop/s1 is DOWN, reason: Layer4 timeout, check duration: 2001ms.";
/// events.line(line, 0, format.parse(line, &mut Spans::new()));
/// let event = events.iter().next().unwrap();
/// assert_eq!((event.backend.as_str(), event.server.as_str(), event.state), ("shop", "s1", ServerState::Down));
/// let last = "2026-12-01T00:00:00Z";
/// let last = brownout::Timestamp::parse_rfc3339(last.as_bytes()).unwrap();
/// assert_eq!(event.time(last).unwrap().to_string(), "2026-11-22T07:29:42Z");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerEvents {
    kept: BTreeSet<ServerEvent>,
    total: u64,
    /// Seconds east of UTC of stamps without a zone.
    utc_offset: i32,
    haproxy: bool,
}

impl ServerEvents {
    /// With syslog stamps read as so many seconds east of UTC.
    pub fn new(utc_offset: i32) -> Self {
        Self { utc_offset, ..Self::default() }
    }

    /// What was kept, in the order of time; what has no year before what has one is possible.
    pub fn iter(&self) -> impl Iterator<Item = &ServerEvent> + '_ {
        self.kept.iter()
    }

    /// All events, also those that were not kept.
    pub const fn total(&self) -> u64 {
        self.total
    }

    fn keep(&mut self, event: ServerEvent) {
        self.kept.insert(event);
        if self.kept.len() > KEPT {
            self.kept.pop_last();
        }
    }
}

impl Accumulate for ServerEvents {
    fn wanted(&self, _: &Schema) -> FieldSet {
        FieldSet::EMPTY
    }

    fn begin(&mut self, _: &str, format: &dyn Format) {
        self.haproxy = format.schema().product() == Product::Haproxy;
    }

    #[inline]
    fn line(&mut self, line: &[u8], _: u64, result: Result<Line<'_>, LineError>) {
        if matches!(result, Ok(Line::Other(Other::Event)))
            && self.haproxy
            && let Some(event) = read(line, self.utc_offset)
        {
            self.total = self.total.saturating_add(1);
            self.keep(event);
        }
    }

    /// Access records are no events.
    fn records(&mut self, _: &Records<'_>, _: u64) {}

    fn merge(&mut self, other: Self) {
        self.total = self.total.saturating_add(other.total);
        other.kept.into_iter().for_each(|event| self.keep(event));
    }

    fn fresh(&self) -> Self {
        Self::new(self.utc_offset)
    }
}

/// `… Server b/s is DOWN, reason: …`, `Backup Server b/s is UP`, `backend b has no server available!`.
#[cold]
fn read(line: &[u8], utc_offset: i32) -> Option<ServerEvent> {
    let framing = Framing::detect([line]);
    let mut buffer = Vec::new();
    let text = framing.unwrap(line, &mut buffer).unwrap_or(line);
    let frame = line.get(..line.len().saturating_sub(text.len())).unwrap_or_default();
    let when = when(frame, utc_offset);
    let text = text.strip_prefix(b"Backup ").unwrap_or(text);
    let mut words = text.split(|&b| b == b' ');
    let (what, name) = (words.next()?, words.next().filter(|name| name.len() <= NAME)?);
    let name = String::from_utf8_lossy(name).into_owned();
    let rest = text.get(what.len() + 1..)?;
    let says = |words: &[u8]| memchr::memmem::find(rest, words).is_some();
    if what.eq_ignore_ascii_case(b"backend") {
        let fits = says(b" has no server available");
        return fits.then_some(ServerEvent {
            when,
            backend: name,
            server: String::new(),
            state: ServerState::NoServer,
        });
    }
    let (backend, server) = name.split_once('/').filter(|_| what == b"Server")?;
    let state = match () {
        () if says(b" is DOWN") || says(b" going DOWN") || says(b" is stopping") => ServerState::Down,
        () if says(b" is UP") => ServerState::Up,
        () => return None,
    };
    Some(ServerEvent { when, backend: backend.to_owned(), server: server.to_owned(), state })
}

/// The first time that stands in a frame.
fn when(frame: &[u8], utc_offset: i32) -> When {
    let frame = frame.get(..frame.len().min(128)).unwrap_or_default();
    let words: Vec<&[u8]> =
        frame.split(|&b| matches!(b, b' ' | b'<' | b'>')).filter(|word| !word.is_empty()).take(5).collect();
    for (i, word) in words.iter().enumerate() {
        if let Some(time) = Timestamp::parse_rfc3339(word) {
            return When::At(time);
        }
        if word.len() == 17
            && word.get(10) == Some(&b'.')
            && let Some(time) = TimeLayout::EpochSeconds.parse(word, 0)
        {
            return When::At(time);
        }
        let next = |n: usize| words.get(i + n).copied().unwrap_or_default();
        if let Some(date) =
            join(word, b' ', next(1)).and_then(|text| TimeLayout::Iso.parse(&text, utc_offset))
        {
            return When::At(date);
        }
        if let Some(when) = yearless(word, next(1), next(2)) {
            return when;
        }
    }
    When::Never
}

fn join(a: &[u8], between: u8, b: &[u8]) -> Option<Vec<u8>> {
    let is_date = a.len() == 10 && a.get(4) == Some(&b'-');
    is_date.then(|| [a, &[between], b].concat())
}

/// `Nov`, `22`, `07:29:42`.
fn yearless(month: &[u8], day: &[u8], time: &[u8]) -> Option<When> {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let month = MONTHS.iter().position(|name| *name == month)? as u8 + 1;
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u32>().ok();
    let day = number(day).filter(|day| (1..=31).contains(day))? as u8;
    let mut parts = time.split(|&b| matches!(b, b':' | b'.' | b',')).map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = hour < 24 && minute < 60 && second < 60;
    fits.then_some(When::Yearless(month, day, hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text.as_bytes()).unwrap()
    }

    /// Lines of HAProxy 2.6, its manual, and the frames of syslog.
    #[test]
    fn events_in_every_frame() {
        let last = at("2027-01-02T00:00:00Z");
        for (line, want) in [
            ("Server b/k1 is DOWN. 0 active and 0 backup servers left.", "- b k1 Down"),
            (
                "Nov 22 07:29:42 localhost haproxy[3]: Server chk/k1 is DOWN, reason: Layer4 timeout",
                "2026-11-22T07:29:42Z chk k1 Down",
            ),
            (
                "<133>Jan  1 23:59:58 haproxy[3]: Backup Server b/s is UP, reason: Layer7 check passed",
                "2027-01-01T23:59:58Z b s Up",
            ),
            (
                "<133>1 2026-11-22T07:29:42.5+01:00 - haproxy 3 - - Server b/s is going DOWN for maintenance.",
                "2026-11-22T06:29:42.500Z b s Down",
            ),
            (
                "Sun 2026-11-22 07:30:21 UTC vm haproxy[3]: backend b has no server available!",
                "2026-11-22T07:30:21Z b  NoServer",
            ),
            ("1795332621.349527 vm haproxy[3]: Server b/s is UP.", "2026-11-22T07:30:21.349527Z b s Up"),
            ("Health check for server b/s failed, reason: Layer4", "none"),
            ("Server b/s", "none"),
            ("Proxy b started.", "none"),
        ] {
            let got = read(line.as_bytes(), 0).map_or("none".to_owned(), |e| {
                let time = e.time(last).map_or("-".into(), |t| t.to_string());
                format!("{time} {} {} {:?}", e.backend, e.server, e.state)
            });
            assert_eq!(got, want, "{line}");
        }
    }

    #[test]
    fn the_newest_year_that_can_be() {
        let event =
            |stamp: &str| read(format!("{stamp} lb haproxy[3]: Server b/s is UP.").as_bytes(), 0).unwrap();
        for (stamp, last, want) in [
            ("Dec 31 23:00:00", "2027-01-01T01:00:00Z", "2026-12-31T23:00:00Z"),
            ("Jan  1 02:00:00", "2027-01-01T01:00:00Z", "2027-01-01T02:00:00Z"),
            ("Feb 29 00:00:00", "2027-01-01T01:00:00Z", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(event(stamp).time(at(last)).unwrap(), at(want), "{stamp}");
        }
    }

    #[test]
    fn parts_in_any_order() {
        let line = |i: u64| {
            format!("Nov 22 07:{:02}:{:02} lb haproxy[3]: Server b/s{i} is DOWN.", i / 60 % 60, i % 60)
        };
        let part = |range: std::ops::Range<u64>| {
            let mut part = ServerEvents { haproxy: true, ..ServerEvents::default() };
            for i in range {
                part.line(line(i).as_bytes(), 0, Ok(Line::Other(Other::Event)));
            }
            part
        };
        let merged = |parts: Vec<ServerEvents>| {
            let mut all = ServerEvents::default();
            for part in parts {
                all.merge(part);
            }
            (all.total, all.kept)
        };
        let one = merged(vec![part(0..1500)]);
        assert_eq!(one, merged(vec![part(900..1500), part(0..900)]));
        assert_eq!((one.0, one.1.len()), (1500, KEPT));
    }
}
