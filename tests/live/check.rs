//! What a record says, held against what was done.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brownout::{
    Attribution, Cause, Field, Format, Line, Origin, Record, Spans, Status, TimeMeaning, Value, attribute,
    masked,
};

use crate::backend::Backend;
use crate::case::Case;
use crate::client::Outcome;

/// Clocks of servers tick in steps.
const EARLY: Duration = Duration::from_millis(30);

/// A busy machine lets everybody wait.
const LATE: Duration = Duration::from_millis(200);

/// How a product counts what it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// The body alone.
    Body,
    /// Head and body, without the four bytes around every name and value of a header (`: ` and the line break):
    /// HAProxy counts what it holds in memory, not what is on the wire.
    Htx,
}

/// The peers of a test, by name.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// As the product logs them.
    pub(crate) logged: BTreeMap<&'static str, String>,
    pub(crate) servers: BTreeMap<&'static str, Backend>,
}

impl Peers {
    /// A peer that runs in the test and is logged by its address.
    pub(crate) fn add(&mut self, name: &'static str, backend: Backend) {
        self.logged.insert(name, backend.address().to_string());
        self.servers.insert(name, backend);
    }

    /// Requests that came to every running peer since the last call.
    pub(crate) fn take_seen(&self) -> BTreeMap<&'static str, usize> {
        let counts = self.servers.iter().map(|(name, server)| (*name, server.take_seen()));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

/// What was wrong, of all cases.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    text: String,
    count: usize,
    pub(crate) cases: usize,
    /// Of failures: the cause as it was arranged, and as it was read; how many, and why it is another.
    causes: BTreeMap<(&'static str, &'static str), (usize, &'static str)>,
}

fn name(cause: Option<Cause>) -> &'static str {
    cause.map_or("none", Cause::name)
}

impl Faults {
    pub(crate) fn add(&mut self, case: &Case, what: impl std::fmt::Display, line: &[u8]) {
        self.count += 1;
        let line = String::from_utf8_lossy(&line[..line.len().min(700)]);
        let _ = writeln!(self.text, "{}: {what}\n    {line}", case.name);
    }

    /// # Panics
    /// With all of them, if there are any.
    pub(crate) fn finish(self, product: &str) {
        println!("{product}: {} cases, {} faults; causes as arranged and as read:", self.cases, self.count);
        for ((known, read), (cases, why)) in &self.causes {
            let why = if known == read { String::new() } else { format!("  ({why})") };
            println!("    {known:<20} {read:<20} {cases:>3}{why}");
            // what is read as something else is listed with its reason
            assert!(known == read || !why.trim().is_empty(), "{product}: {known} read as {read}");
        }
        assert!(self.count == 0, "{product}: {} faults in {} cases\n{}", self.count, self.cases, self.text);
    }
}

/// What the test knows about a case that was played.
pub(crate) struct Played<'a> {
    pub(crate) case: &'a Case,
    pub(crate) outcome: &'a Outcome,
    pub(crate) peers: &'a Peers,
    pub(crate) bytes: Bytes,
    pub(crate) written: SystemTime,
}

impl Played<'_> {
    /// The client and the peers themselves, before any line is read.
    pub(crate) fn check_world(&self, faults: &mut Faults) {
        let case = self.case;
        let expected = (!case.unanswered).then_some(case.status);
        if self.outcome.status != expected {
            let what = format!("the client got {:?}, not {expected:?}", self.outcome.status);
            faults.add(case, what, &self.outcome.head);
        }
        let mut asked = BTreeMap::new();
        for attempt in case.tries.iter().filter(|attempt| attempt.reached) {
            *asked.entry(attempt.peer).or_insert(0) += 1;
        }
        let seen = self.peers.take_seen();
        if seen != asked {
            faults.add(case, format!("the peers were asked {seen:?}, not {asked:?}"), b"");
        }
    }

    /// A line of a format that has all the columns it takes to say who failed.
    pub(crate) fn check_line(&self, format: &dyn Format, line: &[u8], faults: &mut Faults) {
        self.with_record(format, line, faults, |record, faults| {
            self.check_fields(record, faults);
            self.check_attribution(record, faults);
        });
    }

    /// A line of a format that has fewer: it may know less, and must not say anything else.
    fn check_weak_line(&self, format: &dyn Format, line: &[u8], faults: &mut Faults) {
        self.with_record(format, line, faults, |record, faults| {
            self.check_fields(record, faults);
            let Attribution { origin, cause, .. } = attribute(record);
            let unknown = origin == Origin::Unknown || cause == Some(Cause::Unknown);
            let other_side = !matches!(origin, Origin::Unknown) && origin != self.origin();
            let fits = self.fits(cause)
                || (cause == Some(Cause::ConnectOther) && self.case.tries.last().is_some_and(|t| !t.reached))
                || (cause.is_some() && cause == self.case.weak_cause);
            if other_side || !(unknown || fits) {
                let name = format.name();
                faults.add(self.case, format!("{name}: {} by {cause:?}", origin.name()), line);
            }
        });
    }

    /// The one line that a log got; a weak format has not all columns.
    pub(crate) fn check_log(&self, format: &dyn Format, lines: &[Vec<u8>], weak: bool, faults: &mut Faults) {
        let [line] = lines else {
            let what = format!("{}: {} lines, not one", format.name(), lines.len());
            return faults.add(self.case, what, &lines.join(&b'\n'));
        };
        if std::env::var_os("BROWNOUT_LIVE_SHOW").is_some() {
            println!("{}: {}", self.case.name, String::from_utf8_lossy(line));
        }
        if weak {
            self.check_weak_line(format, line, faults);
        } else {
            self.check_line(format, line, faults);
        }
    }

    /// HAProxy's captured headers, whose own braces and bars are escaped.
    pub(crate) fn check_captures(&self, format: &dyn Format, line: &[u8], faults: &mut Faults) {
        let sent = |name| String::from_utf8_lossy(self.case.sent(name).unwrap_or_default()).into_owned();
        let request = format!("{{{}|{}}}", sent("Host"), sent("User-Agent"));
        let server = self.outcome.header("Server").unwrap_or_default();
        self.with_record(format, line, faults, |record, faults| {
            if is_unreadable(record) {
                return;
            }
            self.same("captures", record.by_name("%hr").map(text), Some(request), record, faults);
            let response = record.by_name("%hs").map(text).filter(|captured| captured != "{}");
            let expected = (!server.is_empty()).then(|| format!("{{{server}}}"));
            self.same("captures", response, expected, record, faults);
        });
    }

    fn with_record(
        &self,
        format: &dyn Format,
        line: &[u8],
        faults: &mut Faults,
        check: impl FnOnce(&Record<'_>, &mut Faults),
    ) {
        match format.parse(line, &mut Spans::new()) {
            Ok(Line::Access(record)) => check(&record, faults),
            other => faults.add(self.case, format!("{} reads {other:?}", format.name()), line),
        }
    }

    fn origin(&self) -> Origin {
        self.case.reading.map_or(self.case.origin, |(origin, ..)| origin)
    }

    fn fits(&self, cause: Option<Cause>) -> bool {
        match (self.case.reading, cause) {
            (Some((_, reading, _)), cause) => cause == reading,
            (None, cause) => cause == self.case.cause || self.instead(cause).is_some(),
        }
    }

    /// Why the line may be read as this cause although it was another.
    fn instead(&self, cause: Option<Cause>) -> Option<&'static str> {
        let listed = self.case.instead.iter().find(|i| Some(i.0) == cause).map(|i| i.1);
        listed.or(self.case.reading.map(|r| r.2))
    }

    fn check_attribution(&self, record: &Record<'_>, faults: &mut Faults) {
        let Attribution { origin, cause, evidence, answered_by, .. } = attribute(record);
        let peer_answered = self
            .case
            .tries
            .iter()
            .any(|t| t.answered && self.outcome.status.is_some() && t.status == self.outcome.status);
        if origin == Origin::Upstream && (answered_by == Origin::Upstream) != peer_answered {
            faults.add(self.case, format!("answered by {}", answered_by.name()), record.line());
        }
        if origin != self.origin() || !self.fits(cause) {
            let (expected, known) = (self.origin().name(), self.case.cause);
            let what = format!("{} by {cause:?} ({evidence}), not {expected} by {known:?}", origin.name());
            faults.add(self.case, what, record.line());
        } else if self.case.cause.is_some() || cause.is_some() {
            let why = self.instead(cause).unwrap_or_default();
            let of = faults.causes.entry((name(self.case.cause), name(cause))).or_insert((0, why));
            of.0 += 1;
        }
        let counts = [Field::UpstreamStatus, Field::Retries, Field::AttemptCount];
        if counts.iter().any(|&field| record.schema().has(field)) {
            self.same("masked", masked(record), self.case.masked, record, faults);
        }
        if record.schema().has(Field::GrpcStatus) {
            self.same("gRPC status", record.grpc_status(), self.case.grpc, record, faults);
        }
    }

    fn check_fields(&self, record: &Record<'_>, faults: &mut Faults) {
        self.same("status", record.status().map(Status::code), Some(self.case.status), record, faults);
        self.check_request(record, faults);
        self.check_times(record, faults);
        self.check_peers(record, faults);
        self.check_sizes(record, faults);
        if let Some(reason) = self.case.reason.filter(|_| record.schema().has(Field::Reason)) {
            let logged = record.reason().map(text);
            if !logged.as_ref().is_some_and(|logged| logged.starts_with(reason)) {
                faults.add(self.case, format!("reason {logged:?}, not {reason}"), record.line());
            }
        }
    }

    fn check_request(&self, record: &Record<'_>, faults: &mut Faults) {
        let case = self.case;
        if record.schema().has(Field::Client) {
            self.same("client", record.client().map(text), Some("127.0.0.1".to_owned()), record, faults);
        }
        if case.is_raw() {
            if !is_unreadable(record) {
                self.check_raw_line(record, faults);
            }
            return;
        }
        let line = record.request_line();
        if case.cut && is_unreadable(record) {
            return;
        }
        if case.cut {
            let target = line.target.map(text);
            if !target.as_ref().is_some_and(|target| case.target.starts_with(target)) {
                faults.add(case, format!("target {target:?}"), record.line());
            }
            return;
        }
        self.same("method", line.method.map(text).as_deref(), Some(case.method), record, faults);
        self.same("target", line.target.map(text), Some(case.target.clone()), record, faults);
        let protocol = Some(case.protocol).filter(|protocol| !protocol.is_empty());
        self.same("protocol", line.protocol.map(text).as_deref(), protocol, record, faults);
        for (field, header) in [
            (Field::Host, "Host"),
            (Field::UserAgent, "User-Agent"),
            (Field::Referer, "Referer"),
            (Field::ForwardedFor, "X-Forwarded-For"),
        ] {
            if !record.schema().has(field) {
                continue;
            }
            let logged = record.value(field).map(|v| v.decoded().into_owned()).filter(|v| !v.is_empty());
            let sent = case.sent(header);
            if logged.as_deref() != sent {
                let shown = logged.map(|v| String::from_utf8_lossy(&v).into_owned());
                faults.add(case, format!("{}: {shown:?} is not what was sent", field.name()), record.line());
            }
        }
        if let Some(id) = self.outcome.header("X-Id").filter(|_| record.schema().has(Field::RequestId)) {
            self.same("request id", record.request_id().map(text), Some(id), record, faults);
        }
    }

    /// Bytes that are no request come out as they went in, unless the product has one word for all of them.
    fn check_raw_line(&self, record: &Record<'_>, faults: &mut Faults) {
        let sent = self.case.request().bytes;
        let line = sent.split(|&b| b == b'\r').next().unwrap_or_default();
        let logged = record.value(Field::Request);
        if logged.is_some_and(|logged| *logged.decoded() != *line) {
            faults.add(self.case, "the request line is not what was sent", record.line());
        }
    }

    /// Stamps lie within the request or beside its end; durations are those the client measured.
    fn check_times(&self, record: &Record<'_>, faults: &mut Faults) {
        let Some(time) = record.time() else {
            faults.add(self.case, "no time", record.line());
            return;
        };
        let (began, written) = (micros(self.outcome.began), micros(self.written));
        let (early, late) = (EARLY.as_micros() as i64, LATE.as_micros() as i64);
        let whole_seconds = time.as_micros() % 1_000_000 == 0;
        let step = if whole_seconds { 1_000_000 } else { 0 };
        let latest = match record.schema().time_meaning() {
            TimeMeaning::Start => began + late,
            TimeMeaning::End => written + late,
        };
        let earliest = match record.schema().time_meaning() {
            TimeMeaning::Start => began - early - step,
            TimeMeaning::End => began + self.case.takes.as_micros() as i64 - early - step,
        };
        if !(earliest..=latest).contains(&time.as_micros()) {
            let off = time.as_micros() - began;
            faults.add(self.case, format!("time {off} µs from the beginning"), record.line());
        }
        if !record.schema().has(Field::Duration) || self.case.is_raw() {
            return;
        }
        let duration = record.duration_micros().map(Duration::from_micros);
        let most = self.written.duration_since(self.outcome.began).unwrap_or_default() + LATE;
        let least = self.case.takes.saturating_sub(EARLY);
        if !duration.is_some_and(|d| (least..=most).contains(&d)) {
            faults.add(self.case, format!("took {duration:?}, not {least:?} to {most:?}"), record.line());
        }
    }

    fn check_peers(&self, record: &Record<'_>, faults: &mut Faults) {
        if record.schema().has(Field::Upstream) {
            let upstream = record.upstream().map(text);
            self.same("upstream", upstream.as_deref(), self.case.upstream, record, faults);
        }
        if !record.schema().has(Field::UpstreamAddr) {
            return;
        }
        let tries = self.logged_tries(record);
        let addr = tries.last().map(|last| self.peers.logged[last.peer].clone());
        self.same("peer", record.upstream_addr().map(text), addr, record, faults);
        let logged: Vec<_> = record.attempts().filter(|a| a.peer().is_some()).collect();
        if !record.attempts().is_aligned() || logged.len() != tries.len() {
            let what = format!("{} attempts, not {}", logged.len(), tries.len());
            faults.add(self.case, what, record.line());
            return;
        }
        for (logged, done) in logged.iter().zip(tries) {
            let addr = logged.addr.map(String::from_utf8_lossy);
            self.same("tried", addr.as_deref(), Some(&*self.peers.logged[done.peer]), record, faults);
            if record.schema().has(Field::UpstreamStatus) {
                self.same("its status", logged.status.map(Status::code), done.status, record, faults);
            }
            if record.schema().has(Field::UpstreamHeaderTime) {
                self.same("answered", logged.header_micros.is_some(), done.answered, record, faults);
            }
        }
        let retries = self.case.tries.len().saturating_sub(1) as u64;
        if let Some(counted) = record.retries() {
            self.same("retries", counted, retries, record, faults);
        }
    }

    /// All of them where the product writes lists, else the last.
    fn logged_tries(&self, record: &Record<'_>) -> &[crate::case::Try] {
        let tries = &self.case.tries[..];
        let lists = record.schema().has(Field::UpstreamStatus);
        if lists { tries } else { &tries[tries.len().saturating_sub(1)..] }
    }

    fn check_sizes(&self, record: &Record<'_>, faults: &mut Faults) {
        if self.case.unanswered || self.case.any_bytes || record.raw(Field::Request) == Some(b"<BADREQ>") {
            return;
        }
        let sent = match self.bytes {
            Bytes::Body => self.outcome.body,
            Bytes::Htx => {
                let lines = String::from_utf8_lossy(&self.outcome.head).lines().count() as u64;
                self.outcome.body + self.outcome.head.len() as u64 - 4 * lines.saturating_sub(2)
            }
        };
        if record.schema().has(Field::BytesSent) {
            self.same("bytes sent", record.bytes_sent(), Some(sent), record, faults);
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "the calls read like a table")]
    fn same<T: PartialEq + Debug>(
        &self,
        what: &str,
        is: T,
        was: T,
        record: &Record<'_>,
        faults: &mut Faults,
    ) {
        if is != was {
            faults.add(self.case, format!("{what}: {is:?}, not {was:?}"), record.line());
        }
    }
}

/// The product logs nothing of a request it could not read. HAProxy does not even count its answers to them.
fn is_unreadable(record: &Record<'_>) -> bool {
    let line = record.request_line();
    line.method.is_none() && line.target.is_none()
}

fn text(value: Value<'_>) -> String {
    String::from_utf8_lossy(&value.decoded()).into_owned()
}

fn micros(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64)
}

/// Everything the accessors say, for comparing two formats of one request. Absent and empty are one here: producers
/// write what is missing as `-` in text and as `""` in JSON.
pub(crate) fn digest(format: &dyn Format, line: &[u8]) -> String {
    let mut spans = Spans::new();
    let record = match format.parse(line, &mut spans) {
        Ok(Line::Access(record)) => record,
        other => return format!("{other:?}"),
    };
    let show = |value: Option<Value<'_>>| value.map(text).unwrap_or_default();
    let request = record.request_line();
    let Attribution { origin, cause, .. } = attribute(&record);
    let attempts: Vec<_> = record.attempts().collect();
    format!(
        "{:?} {:?} {} {} {} host={} client={} upstream={} peer={} {attempts:?} {:?} {:?} {:?} ua={} ref={} id={} \
         {origin:?} {cause:?} {}",
        record.status(),
        record.time(),
        show(request.method),
        show(request.target),
        show(request.protocol),
        show(record.host()),
        show(record.client()),
        show(record.upstream()),
        show(record.upstream_addr()),
        record.duration_micros(),
        record.bytes_sent(),
        record.bytes_received(),
        show(record.user_agent()),
        show(record.referer()),
        show(record.request_id()),
        masked(&record),
    )
}
