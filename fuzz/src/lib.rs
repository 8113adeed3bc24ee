//! What must hold for any bytes. The fuzz targets call these checks, and so does `tests/fuzz_replay.rs`, which includes
//! this file and needs neither a fuzzer nor a nightly compiler.
//!
//! Inputs are texts that can be written by hand: the first line says which preset, language or layout is meant (what
//! it does not name is chosen by its bytes), the rest is the data.
#![allow(unreachable_pub, reason = "tests include this file as a module")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::sync::OnceLock;

use brownout::formats::{self, Known};
use brownout::input::{self, Blocks, End, Limits, PieceReader, Pieces};
use brownout::{
    Accumulate, Aggregator, Budget, Choice, Error, Field, FieldSet, Format, InputInfo, Line, LineError,
    Other, Policy, Record, Report, Settings, Spans, Style, Summary, TimeCache, TimeLayout, Timestamp,
    attribute, detect, diagnose, masked,
};

/// A check by the name of its fuzz target.
pub type Check = (&'static str, fn(&[u8]));

/// All of them.
pub const CHECKS: &[Check] = &[
    ("line_text", line_text),
    ("line_json", line_json),
    ("format_text", format_text),
    ("aggregate_split", aggregate_split),
    ("stream", stream),
    ("time", time),
    ("report", report),
];

/// Fields that counting reads.
const PROJECTION: FieldSet = FieldSet::of(&[
    Field::Time,
    Field::Status,
    Field::Client,
    Field::Upstream,
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::UpstreamHeaderTime,
    Field::Duration,
    Field::Reason,
]);

/// Presets of positional text over any bytes.
pub fn line_text(data: &[u8]) {
    let (name, block) = first_line(data);
    lines_hold(known(name, |k| matches!(k, Known::Text(_))), block);
}

/// Presets of JSON lines over any bytes.
pub fn line_json(data: &[u8]) {
    let (name, block) = first_line(data);
    lines_hold(known(name, |k| matches!(k, Known::Json(_))), block);
}

/// A language, a format text up to a line `--`, lines: compiling gives a format or a place in the text, and the format
/// keeps its promises.
pub fn format_text(data: &[u8]) {
    let (language, rest) = first_line(data);
    let languages = ["nginx", "envoy", "apache", "haproxy", "json"];
    let language = named(language, &languages, |l| l);
    let split = find(rest, b"\n--\n");
    let text = String::from_utf8_lossy(&rest[..split.unwrap_or(rest.len())]);
    let block = split.map_or(&b""[..], |at| &rest[at + 4..]);
    match Choice::parse(language, Some(&text)) {
        Ok(Choice::Known(known)) => lines_hold(format(&known), block),
        Ok(_) => panic!("a language names no other choice"),
        Err(Error::Format(error)) => {
            assert!(text.get(error.range()).is_some(), "{:?} of {text:?}", error.range());
            assert!(!error.message().is_empty());
        }
        Err(error) => panic!("{language} is known: {error}"),
    }
}

/// The same lines counted in parts, split, ordered and merged in any way, give the same summary; nothing is lost; what
/// is found in it lies in it.
pub fn aggregate_split(data: &[u8]) {
    let (name, block) = first_line(data);
    let format = known(name, |_| true);
    let mut dice = Dice::of(data);
    let mut settings = Settings::default();
    settings.budget = Budget { units: 50 + dice.below(1000), seed: dice.roll() };
    let lines: Vec<(usize, &[u8])> = input::lines(block).collect();

    let mut whole = Aggregator::new(settings.clone());
    count(&mut whole, format, &lines);
    let mut parts: Vec<Aggregator> = (0..=dice.below(5)).map(|_| whole.fresh()).collect();
    let mut shares: Vec<Vec<(usize, &[u8])>> = vec![Vec::new(); parts.len()];
    for &line in &lines {
        let share = dice.below(shares.len());
        let place = dice.below(shares[share].len() + 1);
        shares[share].insert(place, line);
    }
    for (part, share) in parts.iter_mut().zip(&shares) {
        count(part, format, share);
    }
    while parts.len() > 1 {
        let part = parts.swap_remove(dice.below(parts.len()));
        let into = dice.below(parts.len());
        parts[into].merge(part);
    }
    let summary = whole.finish();
    assert_eq!(parts.remove(0).finish(), summary);
    totals_hold(&summary, lines.len());
    findings_hold(&summary);
}

/// Sizes of reads on the first line (0: interrupted, `!`: an error), then a file: blocks and pieces have the lines of
/// the slice, whatever a read brings.
pub fn stream(data: &[u8]) {
    let (script, bytes) = first_line(data);
    let mut dice = Dice::of(script);
    let limits = Limits { block: 16 + dice.below(40), max_line: 1 + dice.below(80), ..Limits::default() };
    let mut blocks = Blocks::with_limits(Scripted { bytes, at: 0, script, step: 0, failed: None }, limits);
    let mut found = Vec::new();
    while let Some(block) = blocks.next() {
        found.extend(input::lines(block.bytes).map(|(at, line)| (block.offset + at as u64, line.to_vec())));
    }
    let stopped = match blocks.end() {
        End::Complete => bytes.len(),
        End::Truncated(error) => error.to_string().parse().expect("the script's own error"),
        end => panic!("{end}"),
    };
    assert_eq!(found, lines_within(&bytes[..stopped], limits.max_line));

    let mut found = Vec::new();
    for piece in Pieces::of(bytes.len() as u64, 1 + dice.below(60) as u64) {
        let mut reader = PieceReader::new(bytes, piece, limits);
        while let Some(block) = reader.next() {
            found.extend(
                input::lines(block.bytes).map(|(at, line)| (block.offset + at as u64, line.to_vec())),
            );
        }
    }
    assert_eq!(found, lines_within(bytes, limits.max_line));
}

/// A layout, then stamps: cached reading is reading, and an instant is written as it is read.
pub fn time(data: &[u8]) {
    let (name, stamps) = first_line(data);
    let layouts = [
        ("clf", TimeLayout::Clf),
        ("clf-millis", TimeLayout::ClfMillis),
        ("iso", TimeLayout::Iso),
        ("epoch-seconds", TimeLayout::EpochSeconds),
        ("epoch-millis", TimeLayout::EpochMillis),
        ("epoch-micros", TimeLayout::EpochMicros),
        ("epoch-nanos", TimeLayout::EpochNanos),
        ("auto", TimeLayout::Auto),
    ];
    let named = layouts.iter().find(|l| l.0.as_bytes() == name).map(|l| l.1.clone());
    let layout = named.unwrap_or_else(|| TimeLayout::strftime(&String::from_utf8_lossy(name)));
    let mut cache = TimeCache::default();
    let offset = Dice::of(name).below(40) as i32 * 900 - 18_000;
    for (_, stamp) in input::lines(stamps) {
        let time = layout.parse(stamp, offset);
        assert_eq!(cache.parse(&layout, stamp, offset), time, "{layout:?} {stamp:?}");
        assert!(layout.fraction_digits(stamp) <= 9);
        if let Some(time) = time {
            assert_eq!(Timestamp::parse_rfc3339(time.to_string().as_bytes()), Some(time));
        }
    }
}

/// A name on the first line that becomes an upstream, a host and a file; then lines: what is printed of them has no
/// control character and no mark of direction, and the JSON is JSON.
pub fn report(data: &[u8]) {
    let (name, block) = first_line(data);
    let format = known(b"nginx-upstream", |_| true);
    let mut counts = Aggregator::new(Settings::default());
    counts.begin(&String::from_utf8_lossy(name), format);
    let mut spans = Spans::new();
    let mut lines = 0;
    for (offset, line) in input::lines(block) {
        lines += 1;
        counts.line(line, offset as u64, format.parse(line, &mut spans));
    }
    for i in 0..20 {
        let line = [
            &b"192.0.2.1 - - [22/Nov/2026:02:18:"[..],
            format!(
                "{:02} +0000] \"GET / HTTP/1.1\" 502 0 \"-\" \"-\" rt=0.000 uct=\"-\" uht=\"-\" urt=\"-\"",
                2 * i
            )
            .as_bytes(),
            b" us=\"502\" ua=\"",
            name,
            b"\" un=\"",
            name,
            b"\"",
        ]
        .concat();
        lines += 1;
        counts.line(&line, 0, format.parse(&line, &mut spans));
    }
    let summary = counts.finish();
    let findings = detect(&summary, &Policy::default(), &[]);
    let diagnoses = findings.episodes.iter().map(|e| diagnose(e, &summary, None)).collect();
    let input = InputInfo {
        path: String::from_utf8_lossy(name).into_owned().into(),
        format: Some("nginx-upstream".into()),
        framing: None,
        note: None,
        bytes: data.len() as u64,
        lines,
        ended: None,
    };
    let report = Report::new(vec![input], &summary, &findings, diagnoses);
    let text = report.to_text(Style::plain());
    let hostile = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(hostile), "{text:?}");
    let json = report.to_json();
    assert!(!json.contains(|c| c < ' ' && c != '\n'), "{json:?}");
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
}

// ---------------------------------------------------------------------------------------------- formats and lines

/// What a line was read as, to be compared.
#[derive(Debug, PartialEq)]
enum Seen {
    Access(Vec<Option<Vec<u8>>>),
    Other(Other),
    Blank,
    Refused(LineError),
}

fn see(result: Result<Line<'_>, LineError>, line: &[u8], fields: FieldSet) -> Seen {
    match result {
        Ok(Line::Access(record)) => {
            let wanted = Field::ALL.iter().filter(|f| fields.contains(**f));
            Seen::Access(wanted.map(|f| record.raw(*f).map(<[u8]>::to_vec)).collect())
        }
        Ok(Line::Other(other)) => Seen::Other(other),
        Ok(Line::Blank) => Seen::Blank,
        Err(error) => {
            assert!(error.offset() <= line.len(), "{error} of {}", line.len());
            Seen::Refused(error)
        }
    }
}

/// Parsing twice is parsing once; every value lies in its line; a scanner reads what parsing reads.
fn lines_hold(format: &dyn Format, block: &[u8]) {
    let (mut spans, mut again) = (Spans::new(), Spans::new());
    let lines: Vec<(usize, &[u8])> = input::lines(block).collect();
    for &(_, line) in &lines {
        let result = format.parse(line, &mut spans);
        if let Ok(Line::Access(record)) = &result {
            record_holds(record, line);
        }
        let seen = see(result, line, FieldSet::ALL);
        assert_eq!(see(format.parse(line, &mut again), line, FieldSet::ALL), seen);
    }
    let mut dice = Dice::of(block);
    let few: Vec<Field> = Field::ALL.iter().copied().filter(|_| dice.below(4) == 0).collect();
    for wanted in [FieldSet::ALL, PROJECTION, FieldSet::of(&few), FieldSet::EMPTY] {
        let mut expected = lines.iter();
        format.scanner(wanted).scan(block, &mut |line, at, result| {
            let &(offset, whole) = expected.next().expect("a scanner adds no lines");
            assert_eq!((offset, whole), (at, line));
            if let Ok(Line::Access(record)) = &result {
                record_holds(record, line);
            }
            let scanned = see(result, line, wanted);
            let parsed = format.parse(whole, &mut spans);
            let damaged = matches!(&parsed, Ok(Line::Access(record)) if is_damaged(record));
            let parsed = see(parsed, whole, wanted);
            match (&parsed, &scanned) {
                // It need not check what it skips, and may find values behind the place where the walk took the line
                // for an older, shorter one.
                (Seen::Refused(_) | Seen::Other(_), Seen::Access(_)) => {}
                (Seen::Access(walked), Seen::Access(found)) if damaged || no_less(walked, found) => {}
                _ => assert_eq!(scanned, parsed, "{} {:?}", format.name(), line.escape_ascii().to_string()),
            }
        });
        assert!(expected.next().is_none(), "a scanner leaves out no lines");
    }
}

/// Lines no product writes, in which parsing goes by what is left of a place and scanning by what is right of it: a
/// stamp that is none, a quote in a column that is written without quotes, and what the walk took for an older, shorter
/// line although it goes on.
fn is_damaged(record: &Record<'_>) -> bool {
    let line = record.line();
    let offset = |value: &[u8]| value.as_ptr() as usize - line.as_ptr() as usize;
    let stray = |value: &[u8]| {
        let bare = offset(value).checked_sub(1).is_none_or(|before| line[before] != b'"');
        bare && (0..value.len()).any(|i| value[i] == b'"' && (i == 0 || value[i - 1] != b'\\'))
    };
    let columns = 0..record.schema().columns().len();
    let reached = columns.clone().filter_map(|i| record.column(i));
    let end = reached.clone().map(|v| offset(v.raw()) + v.raw().len()).max().unwrap_or(0);
    let goes_on = line[end..].iter().any(|b| !matches!(b, b'"' | b' ' | b'\t'));
    let is_short = reached.clone().count() < columns.len() && !line.starts_with(b"{") && goes_on;
    is_short
        || record.raw(Field::Time).is_some() && record.time().is_none()
        || reached.clone().any(|value| stray(value.raw()))
}

/// Whether every value of one is in the other.
fn no_less(one: &[Option<Vec<u8>>], other: &[Option<Vec<u8>>]) -> bool {
    one.iter().zip(other).all(|(a, b)| a.is_none() || a == b)
}

fn inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// Values lie in the line, and every question has an answer.
fn record_holds(record: &Record<'_>, line: &[u8]) {
    assert!(inside(record.line(), line));
    for (i, _) in record.schema().columns().iter().enumerate() {
        if let Some(value) = record.column(i) {
            assert!(inside(value.raw(), line));
            assert!(value.decoded().len() <= value.raw().len().max(3) * 3);
            let _ = (value.integer(), value.micros());
        }
    }
    let values = [record.host(), record.client(), record.upstream(), record.upstream_addr(), record.zone()];
    assert!(values.into_iter().flatten().all(|v| inside(v.raw(), line)));
    let request = record.request_line();
    let parts = [request.method, request.target, request.protocol];
    assert!(parts.into_iter().flatten().all(|v| inside(v.raw(), line)));
    assert!(record.attempts().take(line.len() + 2).count() <= line.len() + 1);
    let _ = (record.status(), record.time(), record.duration_micros(), record.bytes_sent(), record.retries());
    let _ = (record.bytes_received(), record.grpc_status(), attribute(record), masked(record));
}

fn format(known: &Known) -> &dyn Format {
    match known {
        Known::Text(template) => template,
        Known::Json(json) => json,
    }
}

/// The preset of this name, or one chosen by its bytes, among those of a kind.
fn known(name: &[u8], kind: impl Fn(&Known) -> bool) -> &'static dyn Format {
    static PRESETS: OnceLock<Vec<(&str, Known)>> = OnceLock::new();
    let presets = PRESETS.get_or_init(|| {
        formats::presets()
            .iter()
            .map(|p| (p.name, formats::by_name(p.name).expect("a preset compiles")))
            .collect()
    });
    let chosen: Vec<&(&str, Known)> = presets.iter().filter(|p| kind(&p.1)).collect();
    format(&named(name, &chosen, |p| p.0).1)
}

/// The item called `name`, or one chosen by its bytes.
fn named<T: Copy>(name: &[u8], items: &[T], of: impl Fn(T) -> &'static str) -> T {
    let found = items.iter().find(|i| of(**i).as_bytes() == name);
    *found.unwrap_or_else(|| &items[Dice::of(name).below(items.len())])
}

fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    (&data[..end], data.get(end + 1..).unwrap_or_default())
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|w| w == needle)
}

// ------------------------------------------------------------------------------------------------------- counting

fn count(counts: &mut Aggregator, format: &dyn Format, lines: &[(usize, &[u8])]) {
    counts.begin("fuzz.log", format);
    let mut spans = Spans::new();
    for &(offset, line) in lines {
        counts.line(line, offset as u64, format.parse(line, &mut spans));
    }
}

/// Every line is in one count, and every response in one cell.
fn totals_hold(summary: &Summary, lines: usize) {
    let l = &summary.lines;
    assert_eq!(l.total, lines as u64);
    assert_eq!(l.total, l.access + l.other + l.malformed + l.blank);
    assert_eq!(summary.rejects.iter().map(|r| r.count).sum::<u64>(), l.malformed);
    let responses: u64 = summary.upstreams.iter().map(brownout::UpstreamCounts::requests).sum();
    assert_eq!(responses + l.untimed + l.outside, l.access);
    for upstream in &summary.upstreams {
        let cells = upstream.hosts.iter().flat_map(|h| &h.cells);
        assert_eq!(cells.clone().map(|c| u64::from(c.1.requests)).sum::<u64>(), upstream.requests());
        let of_5xx = |c: &brownout::Cell| c.s500 + c.s502 + c.s503 + c.s504 + c.s5other;
        assert!(cells.clone().all(|(_, c)| of_5xx(c) == c.errors && c.by_proxy + c.by_upstream <= c.errors));
    }
}

/// Episodes are sorted, lie in the time of the data, and can be explained.
fn findings_hold(summary: &Summary) {
    let findings = detect(summary, &Policy::default(), &[]);
    assert_eq!(findings.upstreams.len(), summary.upstreams.len());
    assert!(findings.episodes.is_sorted_by_key(|e| e.start));
    for episode in &findings.episodes {
        let health = findings.upstreams.iter().find(|h| episode.upstreams.contains(&h.upstream));
        assert!(episode.errors <= episode.requests && episode.end.is_none_or(|end| episode.start <= end));
        let _ = diagnose(episode, summary, health);
    }
}

// ------------------------------------------------------------------------------------------------------ streaming

/// A reader that brings what the script says.
struct Scripted<'a> {
    bytes: &'a [u8],
    at: usize,
    script: &'a [u8],
    step: usize,
    failed: Option<usize>,
}

impl Read for Scripted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let word = self.script.get(self.step % self.script.len().max(1)).copied().unwrap_or(b'9');
        self.step += 1;
        let left = self.bytes.len() - self.at;
        if self.failed.is_some() || word == b'!' && left > 0 {
            let at = *self.failed.get_or_insert(self.at);
            return Err(io::Error::other(at.to_string()));
        }
        if word == b'0' && self.step < 4 * self.bytes.len() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = usize::from(word % 32 + 1).min(buffer.len()).min(left);
        buffer[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// The lines no longer than `most`, the slow and obvious way.
fn lines_within(bytes: &[u8], most: usize) -> Vec<(u64, Vec<u8>)> {
    let bom = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut lines = Vec::new();
    let mut at = bom;
    for line in bytes[bom..].split_inclusive(|&b| b == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        if bare.len() <= most {
            lines.push((at as u64, bare.strip_suffix(b"\r").unwrap_or(bare).to_vec()));
        }
        at += line.len();
    }
    lines
}

/// Choices that the input makes.
struct Dice(u64);

impl Dice {
    fn of(data: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        data.hash(&mut hasher);
        Self(hasher.finish())
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 ^ self.0 >> 33
    }

    /// `0..n`
    fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
}
