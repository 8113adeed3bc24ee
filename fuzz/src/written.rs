//! What products write is read as it was.

use std::fmt::Write as _;

use arbitrary::{Result, Unstructured};
use brownout::{Choice, Escape, Line, Record, Spans, Value};

use super::choices::bytes;
use super::{format, known};

/// A column of a format text, and what a product writes there.
struct Place {
    /// Before, the variable itself, and behind it.
    before: &'static str,
    variable: &'static str,
    behind: &'static str,
    holds: Holds,
}

#[derive(Clone, Copy, PartialEq)]
enum Holds {
    /// Any bytes, escaped.
    Anything,
    /// One word.
    Word,
    Status,
    Clf,
    /// Upstreams tried, joined by `, ` and ` : `.
    Addresses,
}

const fn place(before: &'static str, variable: &'static str, behind: &'static str, holds: Holds) -> Place {
    Place { before, variable, behind, holds }
}

use Holds::{Addresses, Anything, Clf, Status, Word};

const NGINX: &[Place] = &[
    place("\"", "$request", "\"", Anything),
    place("\"", "$http_user_agent", "\"", Anything),
    place("ref=\"", "$http_referer", "\"", Anything),
    place("[", "$time_local", "]", Clf),
    place("", "$status", "", Status),
    place("", "$remote_addr", "", Word),
    place("rt=", "$request_time", "", Word),
    place("[", "$proxy_host", "]", Word),
    place("", "$upstream_addr", "", Addresses),
    place("ua=\"", "$upstream_addr", "\"", Addresses),
];

const APACHE: &[Place] = &[
    place("\"", "%r", "\"", Anything),
    place("\"", "%{User-Agent}i", "\"", Anything),
    place("x=\"", "%{X-A}o", "\"", Anything),
    place("", "%t", "", Clf),
    place("", "%>s", "", Status),
    place("", "%h", "", Word),
    place("D=", "%D", "", Word),
];

const HAPROXY: &[Place] = &[
    place("", "%{+Q}r", "", Anything),
    place("\"", "%[capture.req.hdr(0)]", "\"", Anything),
    place("", "%ST", "", Status),
    place("", "%ci", "", Word),
    place("b=", "%b", "", Word),
    place("[", "%ft", "]", Word),
];

/// A format in the language of a product, values as it escapes them, and what parsing makes of the line: the same
/// values, and as many attempts as were written.
pub fn round_trip(data: &[u8]) {
    values_hold(&mut Unstructured::new(data)).expect("zeros follow the last byte");
}

fn values_hold(choices: &mut Unstructured<'_>) -> Result<()> {
    let &(language, places, head) = choices.choose(&[
        ("nginx", NGINX, "v "),
        ("nginx", NGINX, "log_format f escape=json 'v "),
        ("apache", APACHE, "v "),
        ("haproxy", HAPROXY, "v "),
    ])?;
    let mut chosen: Vec<&Place> = Vec::new();
    for _ in 0..=choices.int_in_range(0..=7)? {
        let place = choices.choose(places)?;
        if chosen.iter().all(|c| c.variable != place.variable) {
            chosen.push(place);
        }
    }
    let mut text = head.to_owned();
    for (i, place) in chosen.iter().enumerate() {
        let _ = write!(
            text,
            "{}{}{}{}",
            if i > 0 { " " } else { "" },
            place.before,
            place.variable,
            place.behind
        );
    }
    text.push_str(if head.contains('\'') { "';" } else { "" });
    let Ok(Choice::Known(known)) = Choice::parse(language, Some(&text)) else {
        panic!("{text} does not compile")
    };
    let format = format(&known);
    let columns = format.schema().columns();
    assert_eq!(columns.len(), chosen.len(), "{text}");

    // A text that is one quoted string is taken for a configuration file's: a letter stands before all of them.
    let mut line = b"v".to_vec();
    let mut written = Vec::new();
    let mut peers = None;
    for (place, column) in chosen.iter().zip(columns) {
        let sent = match place.holds {
            Anything if column.escape == Escape::None => {
                bytes(choices)?.iter().copied().filter(|b| matches!(b, b' '..b'~') && *b != b'"').collect()
            }
            Anything => bytes(choices)?.to_vec(),
            Word => word(choices)?,
            Status => status(choices)?.to_string().into_bytes(),
            Clf => {
                let (minute, second) = minute_and_second(choices)?;
                format!("22/Nov/2026:07:{minute:02}:{second:02} +0000").into_bytes()
            }
            Addresses => {
                let (text, count) = addresses(choices)?;
                peers = Some(count);
                text
            }
        };
        let raw = encode(column.escape, &sent);
        line.push(b' ');
        // Products write the quotes and brackets of their own flags and stamps, which are not in the text.
        let (before, behind) = match place.variable {
            "%{+Q}r" => ("\"", "\""),
            "%t" => ("[", "]"),
            _ => (place.before, place.behind),
        };
        line.extend_from_slice(before.as_bytes());
        line.extend_from_slice(&raw);
        line.extend_from_slice(behind.as_bytes());
        written.push((raw, sent));
    }

    let shown = line.escape_ascii();
    let mut spans = Spans::new();
    let parsed = format.parse(&line, &mut spans);
    let Ok(Line::Access(record)) = parsed else { panic!("{text}: {shown}: {parsed:?}") };
    for (i, (raw, sent)) in written.iter().enumerate() {
        let value = record.column(i);
        let name = chosen[i].variable;
        assert_eq!(
            value.map(|v| v.raw().escape_ascii().to_string()),
            Some(raw.escape_ascii().to_string()),
            "{name} of {text}: {shown}"
        );
        assert_eq!(value.map(|v| v.decoded().into_owned()).as_ref(), Some(sent), "{name} of {text}: {shown}");
    }
    if let Some(peers) = peers {
        assert_eq!(record.attempts().count(), peers, "{text}: {shown}");
    }
    Ok(())
}

fn status(choices: &mut Unstructured<'_>) -> Result<u16> {
    Ok(100 + 100 * choices.int_in_range(0..=4)? + choices.int_in_range(0..=99)?)
}

fn minute_and_second(choices: &mut Unstructured<'_>) -> Result<(u8, u8)> {
    Ok((choices.int_in_range(0..=59)?, choices.int_in_range(0..=59)?))
}

/// Letters, digits and what addresses, paths and numbers have; not `-` alone, which is nothing.
fn word(choices: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    const BYTES: &[u8] = b"abcxyzABC0123456789./_-@~%+";
    let mut word = vec![*choices.choose(b"abc0123")?];
    word.extend(bytes(choices)?.iter().map(|&b| BYTES[usize::from(b) % BYTES.len()]));
    Ok(word)
}

/// As nginx joins them, and how many.
fn addresses(choices: &mut Unstructured<'_>) -> Result<(Vec<u8>, usize)> {
    let count = choices.int_in_range(1..=4)?;
    let mut text = String::new();
    for i in 0..count {
        text += if i == 0 { "" } else { choices.choose(&[", ", " : "])? };
        let _ = write!(text, "10.0.0.{}:80", choices.arbitrary::<u8>()?);
    }
    Ok((text.into_bytes(), count))
}

/// As the product with this rule writes it.
fn encode(escape: Escape, sent: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in sent {
        let printable = matches!(byte, 0x20..0x7f);
        match (escape, byte) {
            (Escape::Hex, b'"' | b'\\') => out.extend(format!("\\x{byte:02X}").bytes()),
            (Escape::Backslash | Escape::Json, b'"' | b'\\') => out.extend([b'\\', byte]),
            (Escape::Hash, b'"' | b'#' | b'{' | b'|' | b'}') => out.extend(format!("#{byte:02X}").bytes()),
            (Escape::Json, 0..0x20) => out.extend(format!("\\u{byte:04X}").bytes()),
            (Escape::Json | Escape::None, _) => out.push(byte),
            _ if printable => out.push(byte),
            (Escape::Hex, _) => out.extend(format!("\\x{byte:02X}").bytes()),
            (Escape::Backslash, _) => out.extend(format!("\\x{byte:02x}").bytes()),
            (Escape::Hash, _) => out.extend(format!("#{byte:02X}").bytes()),
            _ => panic!("{escape:?} has no way to write {byte:#04x}"),
        }
    }
    out
}

/// One request as nginx and Envoy log it, as text and as JSON: what all four tell is the same.
pub fn one_request(data: &[u8]) {
    request_holds(&mut Unstructured::new(data)).expect("zeros follow the last byte");
}

fn request_holds(choices: &mut Unstructured<'_>) -> Result<()> {
    let status = status(choices)?;
    let peer_status = choices.int_in_range(200..=299)?;
    let ((minute, second), millis) = (minute_and_second(choices)?, choices.arbitrary::<u8>()?);
    let peer = format!("10.0.0.{}:80", choices.arbitrary::<u8>()?);
    let target = String::from_utf8(word(choices)?).expect("words are ASCII");
    let agent = String::from_utf8_lossy(bytes(choices)?).replace('\u{fffd}', "?");
    let hex = String::from_utf8(encode(Escape::Hex, agent.as_bytes())).expect("escapes are ASCII");
    let json = serde_json::to_string(&agent).expect("a string");
    let clf = format!("22/Nov/2026:07:{minute:02}:{second:02} +0000");
    let iso = format!("2026-11-22T07:{minute:02}:{second:02}");

    let lines = [
        (
            "nginx-upstream",
            format!(
                r#"192.0.2.1 - - [{clf}] "GET /{target} HTTP/1.1" {status} 5 "-" "{hex}" rt=0.{millis:03} uct="0.001" uht="0.002" urt="0.003" us="{peer_status}" ua="{peer}" un="shop""#
            ),
        ),
        (
            "nginx-json",
            format!(
                r#"{{"time_iso8601":"{iso}+00:00","remote_addr":"192.0.2.1","request":"GET /{target} HTTP/1.1","status":{status},"request_time":0.{millis:03},"upstream_addr":"{peer}","upstream_status":"{peer_status}","http_user_agent":{json}}}"#
            ),
        ),
        (
            "envoy",
            format!(
                r#"[{iso}.000Z] "GET /{target} HTTP/1.1" {status} - 0 5 {millis} 3 "192.0.2.1" "{agent}" "id" "shop" "{peer}""#
            ),
        ),
        (
            "istio-json",
            format!(
                r#"{{"start_time":"{iso}.000Z","method":"GET","path":"/{target}","protocol":"HTTP/1.1","response_code":{status},"response_flags":"-","bytes_sent":5,"duration":{millis},"user_agent":{json},"upstream_host":"{peer}"}}"#
            ),
        ),
    ];
    let mut told: Option<String> = None;
    let mut spans = Spans::new();
    for (preset, line) in &lines {
        // Envoy's text escapes nothing, and no header that Envoy takes has a control character.
        if *preset == "envoy" && agent.contains(|c: char| c.is_control() || c == '"') {
            continue;
        }
        let format = known(preset.as_bytes(), |_| true);
        assert_eq!(format.name(), *preset);
        let parsed = format.parse(line.as_bytes(), &mut spans);
        let Ok(Line::Access(record)) = parsed else { panic!("{preset}: {line}: {parsed:?}") };
        let tells = what_is_told(&record);
        assert_eq!(told.get_or_insert_with(|| tells.clone()), &tells, "{preset}: {line}");
    }
    Ok(())
}

fn what_is_told(record: &Record<'_>) -> String {
    let text = |value: Option<Value<'_>>| value.map(|v| v.decoded().escape_ascii().to_string());
    let request = record.request_line();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        record.time(),
        record.status(),
        text(request.method),
        text(request.target),
        text(request.protocol),
        text(record.upstream_addr()),
        // Where nothing was sent, some write nothing and some a dash.
        text(record.user_agent()).filter(|agent| !matches!(&**agent, "" | "-")),
        record.duration_micros(),
    )
}
