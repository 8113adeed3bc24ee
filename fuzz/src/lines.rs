//! Parsing and scanning read the same.

use brownout::formats::{Known, nginx_conf};
use brownout::{
    Choice, Error, Field, FieldSet, Format, Line, LineError, Product, Record, Spans, attribute,
    decisive_attempt, input, masked,
};

use super::choices::Dice;
use super::{find, first_line, format, known, named};

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

/// A language, a format text or a configuration of nginx up to a line `--`, lines: compiling gives formats or a place
/// in the text, and the formats keep their promises.
pub fn format_text(data: &[u8]) {
    let (language, rest) = first_line(data);
    let languages = ["nginx", "envoy", "apache", "haproxy", "json"];
    let is_configuration = language == b"nginx.conf";
    let language = named(language, &languages, |l| l);
    let split = find(rest, b"\n--\n");
    let text = String::from_utf8_lossy(&rest[..split.unwrap_or(rest.len())]);
    let block = split.map_or(&b""[..], |at| &rest[at + 4..]);
    if is_configuration {
        for named in nginx_conf(&text, &mut |_| vec!["include x; log_format y z;".into()]).unwrap_or_default()
        {
            lines_hold(format(&named.format), block);
        }
        return;
    }
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

/// Parsing twice is parsing once; every value lies in its line; a scanner reads what parsing reads, in whole blocks and
/// in blocks cut anywhere between lines.
pub fn lines_hold(format: &dyn Format, block: &[u8]) {
    let mut dice = Dice::of(block);
    let few: Vec<Field> = Field::ALL.iter().copied().filter(|_| dice.below(4) == 0).collect();
    let size = [1, 2, 7, 4096][dice.below(4)];
    parses_hold(format, block);
    for wanted in [FieldSet::ALL, PROJECTION, FieldSet::of(&few), FieldSet::EMPTY] {
        scan_holds(format, block, wanted, usize::MAX, record_holds);
    }
    scan_holds(format, block, PROJECTION, size, record_holds);
}

/// The same for less: each line parsed once, and scanned for what counting reads.
pub fn mutants_hold(format: &dyn Format, block: &[u8]) {
    scan_holds(format, block, PROJECTION, usize::MAX, |record, line| {
        assert!(inside(record.line(), line));
        assert!(record.attempts().take(line.len() + 2).count() <= line.len() + 1);
        let _ = (record.time(), record.duration_micros(), attribute(record));
    });
}

/// Every line of a file is parsed and scanned, and every question about it has an answer. Lines may stand in a frame, from
/// which they are unwrapped first; and where several formats share a file, a scan takes the first whose wanted columns
/// fit, so that it need not be the one that parsing takes for a damaged line.
pub(super) fn file_holds(format: &dyn Format, text: &[u8]) {
    let mut spans = Spans::new();
    let mut expected = input::lines(text);
    format.scanner(PROJECTION).scan(text, &mut |line, at, scanned| {
        assert_eq!(expected.next(), Some((at, line)), "a scanner adds no lines");
        for result in [scanned, format.parse(line, &mut spans)] {
            match &result {
                Ok(Line::Access(record)) => record_holds(record, record.line()),
                Err(error) => assert!(error.offset() <= line.len(), "{error} of {}", line.len()),
                _ => {}
            }
        }
        let _ = format.parse_other(line, &mut spans);
    });
    assert_eq!(expected.next(), None, "a scanner leaves out no lines");
}

fn parses_hold(format: &dyn Format, block: &[u8]) {
    let (mut spans, mut again) = (Spans::new(), Spans::new());
    for (_, line) in input::lines(block) {
        let first = format.parse(line, &mut spans);
        match &first {
            Ok(Line::Access(record)) => record_holds(record, line),
            Err(error) => assert!(error.offset() <= line.len(), "{error} of {}", line.len()),
            _ => {}
        }
        assert!(same(&first, &format.parse(line, &mut again), FieldSet::ALL), "{}", line.escape_ascii());
    }
}

/// Scans blocks of at least `size` bytes, cut at line breaks, and parses each line.
fn scan_holds(
    format: &dyn Format,
    block: &[u8],
    wanted: FieldSet,
    size: usize,
    look: impl Fn(&Record<'_>, &[u8]),
) {
    let mut spans = Spans::new();
    let mut scanner = format.scanner(wanted);
    let mut start = 0;
    while start < block.len() {
        let least = start.saturating_add(size).min(block.len()) - 1;
        let end = block[least..].iter().position(|&b| b == b'\n').map_or(block.len(), |n| least + n + 1);
        // What stands at the beginning of a file is no part of a block within it.
        let mut expected = input::lines(&block[start..end]).collect::<Vec<_>>().into_iter();
        scanner.scan(&block[start..end], &mut |line, at, scanned| {
            let (offset, whole) = expected.next().expect("a scanner adds no lines");
            assert_eq!((offset, whole), (at, line));
            match &scanned {
                Ok(Line::Access(record)) => look(record, line),
                Err(error) => assert!(error.offset() <= line.len(), "{error} of {}", line.len()),
                _ => {}
            }
            let parsed = format.parse(whole, &mut spans);
            let holds = match (&parsed, &scanned) {
                // It need not check what it skips, and may find values behind the place where the walk took the line
                // for an older, shorter one.
                (Err(_) | Ok(Line::Other(_)), Ok(Line::Access(_))) => true,
                (Ok(Line::Access(walked)), Ok(Line::Access(found))) => {
                    let is_read = |f| walked.raw(f).is_none() || walked.raw(f) == found.raw(f);
                    fields(wanted).all(|f| is_read(f) || may_differ(walked, f))
                }
                _ => same(&parsed, &scanned, wanted),
            };
            if !holds {
                let parsed: Vec<_> = fields(wanted).map(|f| shown(&parsed, f)).collect();
                let scanned: Vec<_> = fields(wanted).map(|f| shown(&scanned, f)).collect();
                assert_eq!(scanned, parsed, "{} {:?}", format.name(), line.escape_ascii().to_string());
                panic!("{} {:?}", format.name(), line.escape_ascii().to_string());
            }
        });
        assert!(expected.next().is_none(), "a scanner leaves out no lines");
        start = end;
    }
}

fn fields(wanted: FieldSet) -> impl Iterator<Item = Field> {
    Field::ALL.iter().copied().filter(move |f| wanted.contains(*f))
}

/// Whether two readings of a line are one, as far as these fields go.
fn same(one: &Result<Line<'_>, LineError>, other: &Result<Line<'_>, LineError>, wanted: FieldSet) -> bool {
    match (one, other) {
        (Ok(Line::Access(one)), Ok(Line::Access(other))) => {
            fields(wanted).all(|field| one.raw(field) == other.raw(field))
        }
        (Ok(Line::Other(one)), Ok(Line::Other(other))) => one == other,
        (Ok(Line::Blank), Ok(Line::Blank)) => true,
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

/// What a field was read as, for people.
fn shown(line: &Result<Line<'_>, LineError>, field: Field) -> String {
    match line {
        Ok(Line::Access(record)) => match record.raw(field) {
            Some(value) => format!("{}={}", field.name(), value.escape_ascii()),
            None => String::new(),
        },
        other => format!("{other:?}"),
    }
}

/// The two cases in which scanning may read another value than parsing. Both are lines that no product writes; a scan
/// that found them out would look at columns that nobody asked for.
///
/// - ALB's: behind its required columns whatever does not look as expected ends the record. There the walk takes the
///   first word of the last value that it reaches, scanning all that stands up to the quote behind that value.
/// - A quote inside a column that is written without quotes: where another one was cut off at the end, there are as many
///   as the format has, and those from this column on stand for their neighbours.
fn may_differ(walked: &Record<'_>, field: Field) -> bool {
    let (line, schema) = (walked.line(), walked.schema());
    let Some(slot) = schema.slot(field) else { return false };
    let holds_quotes = |value: &[u8]| {
        let offset = value.as_ptr() as usize - line.as_ptr() as usize;
        let bare = offset.checked_sub(1).is_none_or(|before| line[before] != b'"');
        bare && (0..value.len()).any(|i| value[i] == b'"' && (i == 0 || value[i - 1] != b'\\'))
    };
    let reached = |i: &usize| walked.column(*i).is_some();
    let is_last =
        slot + 1 < schema.columns().len() && !(slot + 1..schema.columns().len()).any(|i| reached(&i));
    schema.product() == Product::Alb && is_last
        || (0..=slot).filter_map(|i| walked.column(i)).any(|value| holds_quotes(value.raw()))
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
    let rarer = [record.query(), record.peer(), record.reason(), record.referer(), record.request_id()];
    assert!(values.into_iter().chain(rarer).flatten().all(|v| inside(v.raw(), line)));
    let request = record.request_line();
    let parts = [request.method, request.target, request.protocol];
    assert!(parts.into_iter().flatten().all(|v| inside(v.raw(), line)));
    let attempts = || record.attempts().take(line.len() + 2);
    assert!(attempts().count() <= line.len() + 1);
    assert!(attempts().filter_map(|attempt| attempt.peer()).all(|peer| inside(peer, line)));
    let _ = (record.attempts().is_aligned(), record.status().map(|status| decisive_attempt(record, status)));
    let _ = (record.status(), record.time(), record.duration_micros(), record.bytes_sent(), record.retries());
    let _ = (record.bytes_received(), record.grpc_status(), attribute(record), masked(record));
}
