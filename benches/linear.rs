//! Time is linear in bytes, whatever they are: CPU time of hostile shapes at each doubling of their size.
//!
//! Prints a table of seconds, and fails where a doubling costs more than 2.5 times as much at a size where that can be
//! measured. `cargo bench --bench linear -- [WORDS OF A ROW] [MEGABYTES]`, 64 of them without a number; run as a test it
//! takes the smallest sizes and only prints.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use brownout::formats::{self, Known};
use brownout::input::Blocks;
use brownout::{
    Accumulate, Aggregator, Choice, Format, Settings, Spans, TimeLayout, Topology, TopologyUpstream,
};

/// A doubling that costs more is no line.
const MOST: f64 = 2.5;
/// Shorter times say nothing: the system counts CPU time in ticks of some milliseconds.
const LEAST: Duration = Duration::from_millis(40);

/// What is made of a text.
type Reading = fn(&str);

/// Bytes of about this size.
type Shape = (&'static str, fn(usize) -> Vec<u8>);

const PRESETS: [&str; 9] = [
    "nginx-upstream",
    "ingress-nginx",
    "apache-combined",
    "envoy",
    "haproxy",
    "alb",
    "traefik",
    "nginx-json",
    "gcp",
];

/// A line of nginx that is long in its user agent, or in its upstreams.
const NGINX: &str = r#"192.0.2.1 - - [22/Nov/2026:07:00:00 +0000] "GET / HTTP/1.1" 502 5 "-" "AGENT" rt=0.1 uct="0.1" uht="0.1" urt="0.1" us="502" ua="PEERS" un="shop""#;
const ENVOY: &str =
    r#"[2026-11-22T07:00:00.000Z] "GET / HTTP/1.1" 503 UF 0 14 8 - "-" "AGENT" "6fd9" "shop" "10.0.0.1:80""#;
const INGRESS: &str =
    r#"127.0.0.1 - - [22/Nov/2026:07:32:52 +0000] "GET /w HTTP/1.1" 200 6 "-" "l" 76 0.004 [shop] [] PEERS"#;
const HAPROXY: &str = r#"192.0.2.1:5 [22/Nov/2026:07:19:21.699] fe be/s1 0/0/0/0/0 200 59 COOKIE - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;

fn filled(text: &str, bytes: usize) -> Vec<u8> {
    text.bytes().cycle().take(bytes).collect()
}

fn within(line: &str, place: &str, text: &str, bytes: usize) -> Vec<u8> {
    let (before, behind) = line.split_once(place).expect("the place is in the line");
    let mut out = before.as_bytes().to_vec();
    out.extend(filled(text, bytes));
    out.extend(behind.bytes());
    out
}

const SHAPES: &[Shape] = &[
    ("quotes", |n| filled("\"", n)),
    ("quotes, short lines", |n| filled("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\n", n)),
    ("blanks", |n| filled(" ", n)),
    ("backslashes", |n| filled("\\", n)),
    ("escaped quotes", |n| filled("\\\"", n)),
    ("quote, blank", |n| filled("\" ", n)),
    ("brackets", |n| filled("[[{\"", n)),
    ("commas and colons", |n| filled(" : , ", n)),
    ("empty lines", |n| filled("\n", n)),
    ("short lines", |n| filled("a\n", n)),
    ("line breaks with CR", |n| filled("\r\n", n)),
    ("digits", |n| filled("9", n)),
    ("NUL", |n| vec![0; n]),
    ("nginx agent of quotes", |n| within(NGINX, "AGENT", "\" \"", n)),
    ("nginx agent of backslashes", |n| within(NGINX, "AGENT", "\\x5C", n)),
    ("nginx upstreams", |n| within(NGINX, "PEERS", "10.0.0.1:80, 10.0.0.2:80 : ", n)),
    ("nginx user of brackets", |n| within(NGINX, "- -", " [", n)),
    ("ingress upstreams", |n| within(INGRESS, "PEERS", "10.0.0.1:80, 10.0.0.2:80 : ", n)),
    ("envoy agent of quotes", |n| within(ENVOY, "AGENT", "\" \"", n)),
    ("envoy agents of columns", |n| within(ENVOY, "AGENT", "\" 200 - 0 0 \"", n)),
    ("haproxy cookie of states", |n| within(HAPROXY, "COOKIE", "SC-- 1/1/1/1 ", n)),
    ("haproxy cookie of words", |n| within(HAPROXY, "COOKIE", "a b=c ", n)),
    ("JSON nested", |n| filled("{\"a\":", n)),
    ("JSON lists", |n| within("{\"a\":X", "X", "[", n)),
    ("JSON long key", |n| within("{\"X\":1,\"status\":200}", "X", "k", n)),
    ("JSON long key of escapes", |n| within("{\"X\":1,\"status\":200}", "X", "\\u0061", n)),
    ("JSON many keys", |n| within("{X\"status\":200}", "X", "\"k\":1,", n)),
    ("JSON one key again", |n| within("{X\"time\":1}", "X", "\"status\":200,", n)),
    ("JSON raw quotes", |n| within("{\"a\":\"X\",\"status\":200}", "X", "\" \"", n)),
    ("JSON raw quotes and colons", |n| within("{\"a\":\"X\",\"status\":200}", "X", "\",\":", n)),
    ("JSON long list", |n| within("{\"a\":[X1],\"status\":200}", "X", "1,", n)),
    ("alternating formats", |n| {
        let log =
            [NGINX, ENVOY, HAPROXY, "{\"status\":200}", "{\"httpRequest\":{\"status\":502}}", "#Fields: a"];
        filled(&(log.join("\n") + "\n"), n)
    }),
];

/// Texts of the operator.
const TEXTS: &[(&str, Shape, Reading)] = &[
    ("nginx", ("variables without end", |n| filled("$a", n)), |text| compile("nginx", text)),
    ("nginx", ("variables and blanks", |n| filled("$a ", n)), |text| compile("nginx", text)),
    ("nginx", ("braces", |n| filled("${", n)), |text| compile("nginx", text)),
    ("nginx", ("objects", |n| filled("{\"a\":1,\"b\":", n)), |text| compile("nginx", text)),
    ("nginx", ("objects of variables", |n| filled("{\"a\":$a,\"b\":", n)), |text| compile("nginx", text)),
    ("nginx", ("strings", |n| filled("'a' ", n)), |text| compile("nginx", text)),
    ("envoy", ("operators", |n| filled("%A(", n)), |text| compile("envoy", text)),
    ("envoy", ("percents", |n| filled("%%", n)), |text| compile("envoy", text)),
    ("apache", ("stamps", |n| filled("%{%3f}t", n)), |text| compile("apache", text)),
    ("apache", ("seconds", |n| filled("%{sec}t%{msec_frac}t", n)), |text| compile("apache", text)),
    ("apache", ("ports", |n| filled("%a:%{local}p:", n)), |text| compile("apache", text)),
    ("haproxy", ("ports", |n| filled("%ci:%cp:", n)), |text| compile("haproxy", text)),
    ("haproxy", ("flags", |n| filled("%{+Q", n)), |text| compile("haproxy", text)),
    ("haproxy", ("expressions", |n| filled("%[\"", n)), |text| compile("haproxy", text)),
    ("json", ("pairs", |n| filled("status=a.b,", n)), |text| compile("json", text)),
    ("json", ("dots", |n| within("status=X", "X", "a.", n)), |text| compile("json", text)),
    ("strftime", ("items", |n| filled("%Y%z", n)), |text| {
        black_box(TimeLayout::strftime(text).parse(text.as_bytes(), 0));
    }),
    ("topology", ("one host again", |n| filled("10.0.0.1:80\n", n)), |text| {
        let hosts = text.lines().map(|line| (line.to_owned(), "a".to_owned())).collect();
        let upstream = TopologyUpstream { name: "shop".into(), authority: None, hosts };
        let _ = black_box(Topology::new(&[upstream], &[]));
    }),
];

fn compile(language: &str, text: &str) {
    let _ = black_box(Choice::parse(language, Some(text)));
}

/// Whole lines, read one by one: no limit cuts them.
fn parse(format: &dyn Format, bytes: &[u8]) {
    let mut spans = Spans::new();
    for (_, line) in brownout::input::lines(bytes) {
        let line = format.parse(line, &mut spans);
        if let Ok(brownout::Line::Access(record)) = &line {
            black_box((record.attempts().count(), brownout::attribute(record), record.request_line()));
            black_box(record.user_agent().map(|value| value.decoded().len()));
        }
    }
}

/// Blocks, as files are read and counted.
fn count(format: &dyn Format, bytes: &[u8]) {
    let mut counts = Aggregator::new(Settings::default());
    counts.begin("linear.log", format);
    let mut scanner = format.scanner(counts.wanted(format.schema()));
    let mut blocks = Blocks::new(bytes);
    while let Some(block) = blocks.next() {
        scanner.scan(block.bytes, &mut |line, at, result| counts.line(line, at as u64, result));
    }
    black_box(counts.finish());
}

/// CPU time of this thread, or what the clock on the wall says where the system does not tell.
fn now() -> Duration {
    let clock = || {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    };
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).map_or_else(clock, Duration::from_nanos)
}

/// The less of two runs.
fn time(mut run: impl FnMut()) -> Duration {
    let mut once = || {
        let begun = now();
        run();
        now().saturating_sub(begun)
    };
    once().min(once())
}

/// One row; the worst ratio of two neighbours that are long enough to be compared.
fn row(name: &str, sizes: &[usize], mut run: impl FnMut(usize) -> Duration) -> f64 {
    let mut text = format!("{name:58}");
    let mut worst = 0.0_f64;
    let mut before: Option<Duration> = None;
    for &size in sizes {
        let taken = run(size);
        if let Some(before) = before.filter(|&before| before >= LEAST) {
            worst = worst.max(taken.as_secs_f64() / before.as_secs_f64());
        }
        before = Some(taken);
        let _ = write!(text, " {:8.4}", taken.as_secs_f64());
    }
    println!("{text}  {worst:5.2}");
    worst
}

fn main() {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let words = || std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let most = words().find_map(|word| word.parse::<usize>().ok()).unwrap_or(64);
    let only = words().find(|word| word.parse::<usize>().is_err());
    let (first, last) = if measured { (1 << 20, most << 20) } else { (4 << 10, 8 << 10) };
    let sizes: Vec<usize> =
        std::iter::successors(Some(first), |n| Some(2 * n)).take_while(|&n| n <= last).collect();
    let is_meant = |name: &str| only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    println!("{:58} seconds of CPU at {sizes:?} bytes, worst ratio", "reader and shape");
    let mut bent = Vec::new();
    let mut judge = |name: String, worst: f64| {
        if measured && worst > MOST {
            bent.push(format!("{name}: {worst:.2}"));
        }
    };
    for preset in PRESETS {
        let known = formats::by_name(preset).expect("a preset");
        let format: &dyn Format = match &known {
            Known::Text(template) => template,
            Known::Json(json) => json,
        };
        for (shape, make) in SHAPES {
            for (reader, read) in [("parse", parse as fn(&dyn Format, &[u8])), ("count", count)] {
                let name = format!("{preset}, {reader}: {shape}");
                if is_meant(&name) {
                    let worst = row(&name, &sizes, |size| {
                        let bytes = make(size);
                        time(|| read(format, &bytes))
                    });
                    judge(name, worst);
                }
            }
        }
    }
    for (language, (shape, make), read) in TEXTS {
        let name = format!("{language} text: {shape}");
        if is_meant(&name) {
            // A format text is short: a megabyte of it is what nobody has.
            let worst = row(&name, &sizes, |size| {
                let text = String::from_utf8(make(size / 64)).expect("shapes are ASCII");
                time(|| read(&text))
            });
            judge(name, worst);
        }
    }
    assert!(bent.is_empty(), "more than {MOST} times the time for twice the bytes:\n{}", bent.join("\n"));
}
