//! Bounds and laws of the tables, on lines of nginx.

use super::*;
use crate::aggregate::Accumulate;
use crate::format::Format;
use crate::record::Spans;
use crate::template::Template;

fn format() -> Template {
    Template::nginx(r#"$remote_addr [$time_iso8601] "$request" $status "$upstream_addr" "$proxy_host""#)
        .expect("a format")
}

fn line(second: u32, path: &str, status: u16, client: u32) -> String {
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        r#"192.0.2.{client} [2026-11-22T{h:02}:{m:02}:{s:02}+00:00] "GET {path} HTTP/1.1" {status} "10.0.0.1:80" "shop""#
    )
}

fn read<A: Accumulate>(mut counts: A, lines: impl Iterator<Item = String>) -> A {
    let format = format();
    let mut spans = Spans::new();
    counts.begin("access.log", &format);
    for line in lines {
        counts.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut spans));
    }
    counts
}

fn names(counts: &RouteCounts) -> Vec<&str> {
    counts.series.iter().map(|s| s.route.as_str()).collect()
}

fn total(counts: &RouteCounts) -> u32 {
    counts.series.iter().flat_map(|s| &s.cells).map(|c| c.1.requests).sum()
}

#[test]
fn routes_are_bounded_and_order_does_not_show() {
    let settings = RouteSettings { most_routes: 20, most_buckets: 16, ..RouteSettings::default() };
    let word = |i: u32| char::from(b'a' + (i % 26) as u8);
    let lines: Vec<String> =
        (0..400).map(|i| line(i * 7, &format!("/api/{}/{}/{i}", word(i % 3), word(i / 3)), 200, 7)).collect();
    let all = || lines.iter().cloned();
    let whole = read(Routes::new(settings.clone()), all()).finish();
    assert_eq!(names(&whole), ["/api/a/…", "/api/b/…", "/api/c/…"]);
    assert_eq!((whole.cut_to, whole.width_micros, total(&whole)), (Some(2), 320_000_000, 400));
    assert_eq!(whole, read(Routes::new(settings.clone()), all().rev()).finish());
    for split in [1, 3, 50, 399] {
        let mut parts = read(Routes::new(settings.clone()), all().skip(split));
        let mut first = parts.fresh();
        first = read(first, all().take(split));
        parts.merge(first);
        assert_eq!(whole, parts.finish(), "split at {split}");
    }
}

#[test]
fn no_name_is_kept_when_nothing_else_fits() {
    let settings = RouteSettings { most_routes: 1, ..RouteSettings::default() };
    let lines = (0..50).map(|i| line(i, "/x", 200, 7).replace("shop", &format!("shop{i}")));
    let counts = read(Routes::new(settings), lines).finish();
    assert_eq!((names(&counts), total(&counts)), (vec!["/…"], 50));
    assert_eq!(counts.series[0].upstream, crate::OTHER);
}

#[test]
fn guesses_are_no_routes() {
    let guesses = (0..5000).map(|i| line(i, &format!("/w{}x/y{}z", i % 97, i % 89), 404, 7));
    let counts =
        read(Routes::new(RouteSettings::default()), guesses.chain([line(9, "/a/1", 200, 8)])).finish();
    assert_eq!((names(&counts), counts.cut_to), (vec!["/a/{n}"], None));
}

#[test]
fn a_failure_keeps_its_maker_and_its_client() {
    let lines = [line(1, "/a", 502, 7), line(2, "/a", 200, 8)];
    let counts = read(Routes::new(RouteSettings::default()), lines.into_iter()).finish();
    let cell = counts.series[0].cells[0].1;
    assert_eq!((cell.requests, cell.errors, cell.s502, cell.error_clients.count_ones()), (2, 1, 1, 1));
}

/// What answered, what went away, what never was, what came back.
fn history() -> Vec<String> {
    let mut lines = Vec::new();
    for i in 0..60 {
        lines.push(line(i * 10, "/", 200, 1));
        let deployed = i >= 30;
        lines.push(line(i * 10 + 1, &format!("/cart/{i}"), if deployed { 404 } else { 200 }, i % 5));
        lines.push(line(i * 10 + 2, &format!("/wp-login{i}.php"), 404, 9));
        lines.push(line(i * 10 + 3, "/flag", if i == 20 { 404 } else { 200 }, 3));
        lines.push(line(
            i * 10 + 4,
            "/limit",
            if i % 2 == 0 { 429 } else { 200 },
            40 + u32::from(i % 3 == 0),
        ));
    }
    lines
}

#[test]
fn a_path_that_used_to_answer_is_named() {
    let counts = read(Paths::new(None, None), history().into_iter()).finish();
    let [gone] = &counts.gone[..] else { panic!("one path, found {:?}", counts.gone) };
    assert_eq!(
        (gone.path.as_str(), gone.answered, gone.not_found, gone.clients),
        ("/cart/{n}", 30, 30, Some(6))
    );
    assert_eq!(gone.until.to_string(), "2026-11-22T00:04:51Z");
    assert_eq!(gone.range.0.to_string(), "2026-11-22T00:05:01Z");
    assert_eq!(counts.sample, 1);
    let limited = counts.clients.iter().find(|c| c.0.code() == 429);
    assert_eq!(limited.map(|c| (c.1.as_str(), c.2)), Some(("192.0.2.40", 20)));
}

#[test]
fn paths_are_the_same_for_any_split() {
    let lines = history();
    let whole = read(Paths::new(None, None), lines.iter().cloned()).finish();
    for split in [1, 77, 299] {
        let mut parts = read(Paths::new(None, None), lines.iter().skip(split).cloned());
        parts.merge(read(Paths::new(None, None), lines.iter().take(split).cloned()));
        assert_eq!(whole, parts.finish(), "split at {split}");
    }
}

/// What a scan over this log tells, in the format that is recognised.
fn scanned(log: &str) -> PathCounts {
    let choice = crate::Choice::parse("auto", None).expect("a choice");
    let format = choice.resolve(&crate::Options::default(), log.as_bytes()).expect("a format");
    let mut paths = Paths::new(None, None);
    paths.begin("access.log", &*format);
    let mut scanner = format.scanner(paths.wanted(format.schema()));
    scanner.scan(log.as_bytes(), &mut |line, at, read| paths.line(line, at as u64, read));
    paths.finish()
}

/// Lines of a host of its own have one word more in front. Without that word's column a scan would take them for lines of
/// the common format, and their clients would be lost.
#[test]
fn clients_of_a_neighbouring_format_are_not_lost() {
    let log = |n: usize, host: &str| {
        format!(
            r#"{host}192.0.2.{n} - - [22/Nov/2026:02:18:10 +0000] "GET /x HTTP/1.1" 404 178 "-" "curl/8""#
        )
    };
    let lines: Vec<String> =
        (1..=60).map(|n| log(n, "")).chain((0..40).map(|_| log(99, "198.51.100.7 "))).collect();
    assert_eq!(scanned(&lines.join("\n")).clients[0].1, "192.0.2.99");
}

/// Lines of HAProxy 2.6 and Envoy 1.38: the columns a scan is asked for tell all that whole lines do.
#[test]
fn a_scan_tells_who_refused() {
    let haproxy = [
        r#"127.0.0.1:33434 [22/Nov/2026:07:18:29.956] fe_http b_ok/s1 0/0/0/0/0 404 59 - - ---- 1/1/0/0/0 0/0 "GET /x/404 HTTP/1.1""#,
        r#"127.0.0.2:52506 [22/Nov/2026:07:19:01.584] fe_http fe_http/<NOSRV> 0/-1/-1/-1/0 403 192 - - PR-- 1/1/0/0/0 0/0 "GET /deny HTTP/1.1""#,
        r#"127.0.0.3:52520 [22/Nov/2026:07:19:01.785] fe_http fe_http/<NOSRV> 0/-1/-1/-1/0 429 225 - - PR-- 1/1/0/0/0 0/0 "GET /deny429 HTTP/1.1""#,
    ];
    let envoy = [
        r#"[2026-11-22T07:23:26.790Z] "GET /r/one/status/404 HTTP/1.1" 404 - 0 11 0 0 "192.0.2.1" "lab/1.0" "ac87d95e-c318-4b49-bf62-f2d37c1d1e3d" "lab.local" "127.0.0.1:28001""#,
        r#"[2026-11-22T07:23:41.791Z] "GET /nothing/here?q=%22a%20b HTTP/1.1" 404 NR 0 0 0 - "192.0.2.2" "lab/1.0" "4b72fbfc-5b22-44d5-8cfe-ee49271ce2e4" "lab.local" "-""#,
    ];
    let told = |lines: &[&str]| {
        let counts = scanned(&lines.join("\n"));
        let makers: Vec<_> = counts.makers.iter().map(|(status, by)| (status.code(), *by)).collect();
        (makers, counts.clients.into_iter().map(|(_, client, _)| client).collect::<Vec<_>>())
    };
    let (makers, clients) = told(&haproxy);
    assert_eq!(makers, [(403, [1, 0, 0]), (404, [0, 1, 0]), (429, [1, 0, 0])]);
    assert_eq!(clients, ["127.0.0.2", "127.0.0.1", "127.0.0.3"]);
    let (makers, clients) = told(&envoy);
    assert_eq!(makers, [(404, [1, 1, 0])]);
    assert_eq!(clients, ["192.0.2.1"]);
}
