//! What reading costs in memory: nothing per line, and little in all.

use std::fmt::Write as _;

use allocation_counter::measure;
use brownout::formats::by_name;
use brownout::{Accumulate, Aggregator, Choice, Options, Settings, Spans, input};

/// Lines of many clients, paths and durations, all successes, over one minute and a few hosts.
fn block(line: impl Fn(usize) -> String) -> Vec<u8> {
    (0..6_000).flat_map(|i| (line(i) + "\n").into_bytes()).collect()
}

fn nginx(i: usize) -> String {
    format!(
        r#"192.0.2.{} - - [22/Nov/2026:07:00:{:02} +0000] "GET /item/{i} HTTP/1.1" 200 {i} "-" "agent/{}" rt=0.{:03} uct="0.001" uht="0.01" urt="0.02" us="200" ua="10.0.0.{}:80" un="shop""#,
        i % 250,
        i / 100,
        i % 17,
        i % 1000,
        i % 8
    )
}

fn envoy(i: usize) -> String {
    format!(
        r#"[2026-11-22T07:00:{:02}.{:03}Z] "GET /item/{i} HTTP/1.1" 200 - 0 {i} 8 7 "-" "agent/{}" "id-{i}" "shop" "10.0.0.{}:80""#,
        i / 100,
        i % 1000,
        i % 17,
        i % 8
    )
}

fn json(i: usize) -> String {
    format!(
        r#"{{"time_iso8601":"2026-11-22T07:00:{:02}+00:00","remote_addr":"192.0.2.{}","request":"GET /{i} HTTP/1.1","status":"200","request_time":"0.{:03}","upstream_addr":"10.0.0.{}:80","upstream_status":"200"}}"#,
        i / 100,
        i % 250,
        i % 1000,
        i % 8
    )
}

fn alb(i: usize) -> String {
    format!(
        r#"h2 2026-11-22T07:00:{:02}.{:06}Z app/shop/50dc 192.0.2.{}:{} 10.0.0.{}:80 0.001 0.0{} 0.000 200 200 {i} {i} "GET https://shop.test:443/item/{i} HTTP/2.0" "agent/{}" ECDHE TLSv1.3 arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop/7a "Root=1-{i}" "shop.test" "arn" 0 2026-11-22T07:00:00.000000Z "forward" "-" "-" "10.0.0.{}:80" "200" "-" "-""#,
        i / 100,
        i % 1_000_000,
        i % 250,
        1024 + i % 60_000,
        i % 8,
        i % 90 + 10,
        i % 17,
        i % 8
    )
}

fn haproxy(i: usize) -> String {
    format!(
        r#"Nov 22 07:00:{:02} lb haproxy[1]: 192.0.2.{}:{} [22/Nov/2026:07:00:{:02}.{:03}] fe shop/s{} 0/0/1/{}/{} 200 {i} - - ---- 9/9/2/1/0 0/0 "GET /item/{i} HTTP/1.1""#,
        i / 100,
        i % 250,
        1024 + i % 60_000,
        i / 100,
        i % 1000,
        i % 8,
        i % 90,
        i % 90 + 1
    )
}

/// After one block has been counted, another like it takes no memory at all, scanned or parsed line by line.
#[test]
fn no_allocation_per_line() {
    for (preset, block) in [
        ("nginx-upstream", block(nginx)),
        ("envoy", block(envoy)),
        ("nginx-json", block(json)),
        ("alb", block(alb)),
        ("haproxy", block(haproxy)),
    ] {
        let sample = &block[..block.len() / 10];
        let choice = Choice::Known(by_name(preset).unwrap());
        let format = choice.resolve(&Options::default(), sample).unwrap();
        let mut counts = Aggregator::new(Settings::default());
        counts.begin("block", &*format);
        let mut scanner = format.scanner(counts.wanted(format.schema()));
        let mut scan = |counts: &mut Aggregator| {
            scanner.scan(&block, &mut |line, at, result| counts.line(line, at as u64, result));
        };
        scan(&mut counts);
        let taken = measure(|| scan(&mut counts));
        assert_eq!(taken.count_total, 0, "{preset}: {taken:?}");
        let mut spans = Spans::new();
        let mut parse = |counts: &mut Aggregator| {
            for (at, line) in input::lines(&block) {
                counts.line(line, at as u64, format.parse(line, &mut spans));
            }
        };
        parse(&mut counts);
        let taken = measure(|| parse(&mut counts));
        assert_eq!(taken.count_total, 0, "{preset}, parsed: {taken:?}");
        let lines = counts.finish().lines;
        assert_eq!((lines.total, lines.access), (24_000, 24_000), "{preset}");
    }
}

/// Upstreams, hosts and paths without end: what counts them keeps to the memory it was given, and every line is in a count.
#[test]
fn names_without_end_take_what_the_budget_says() {
    const LINES: usize = 200_000;
    const UNITS: usize = 100_000;
    /// As `triage --memory` says: twice the amount while names fold, and about 10 MB beside it.
    const MOST: u64 = 2 * 64 * UNITS as u64 + (10 << 20);
    let choice = Choice::Known(by_name("nginx-upstream").unwrap());
    let format = choice.resolve(&Options::default(), (nginx(0) + "\n").as_bytes()).unwrap();
    let mut settings = Settings::default();
    settings.budget.units = UNITS;
    let mut counts = Aggregator::new(settings);
    counts.begin("flood", &*format);
    let mut spans = Spans::new();
    let taken = measure(|| {
        let mut line = String::new();
        for i in 0..LINES {
            line.clear();
            let (minute, second, host) = (i / 60 % 60, i % 60, i % 60_000);
            write!(
                line,
                r#"192.0.2.1 - - [22/Nov/2026:07:{minute:02}:{second:02} +0000] "GET /{i} HTTP/1.1" 502 0 "-" "-" rt=0.1 uct="0.1" uht="0.1" urt="0.1" us="502" ua="10.0.{}.{}:80" un="scan-{i}.example""#,
                host / 250,
                host % 250,
            )
            .unwrap();
            counts.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut spans));
        }
    });
    assert!(taken.bytes_max <= MOST, "{taken:?}");
    let summary = counts.finish();
    let responses: u64 = summary.upstreams.iter().map(brownout::UpstreamCounts::requests).sum();
    assert_eq!((summary.lines.access, responses), (LINES as u64, LINES as u64));
    assert!(summary.folded > 0);
}

/// A stream of any length is read within 64 MB.
#[cfg(target_os = "linux")]
#[test]
fn a_long_stream_takes_no_more_than_a_short_one() {
    use std::io::Write;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    const STREAM: usize = 300 << 20;
    let tests = std::env::current_exe().unwrap();
    let triage: PathBuf = tests.parent().and_then(|deps| deps.parent()).unwrap().join("examples/triage");
    if !triage.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--example", "triage"]).status().unwrap();
        assert!(built.success());
    }
    let mut child = Command::new(triage)
        .args(["--quiet", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let block = block(nginx);
    let mut written = 0;
    while written < STREAM {
        stdin.write_all(&block).unwrap();
        written += block.len();
    }
    // All but the last pipe's worth has been read and counted; the peak does not go down.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak <= 64 << 10, "{peak} KiB");
}
