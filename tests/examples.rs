//! The examples as programs: what they print, their exit status, and what they say to files that are no logs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// nginx `upstreaminfo` of an ingress: two answers, one retried, one refused, and a line cut by its producer.
const LOG: &str = r#"10.0.0.9 - - [22/Nov/2026:07:12:27 +0000] "GET /ok HTTP/1.1" 200 6 "-" "lab/1.0" 78 0.001 [default-web-80] [] 10.1.0.4:8080 6 0.001 200 5f1a
10.0.0.9 - - [22/Nov/2026:07:12:28 +0000] "GET /again HTTP/1.1" 200 6 "-" "lab/1.0" 78 0.003 [default-web-80] [] 10.1.0.5:8080, 10.1.0.4:8080 0, 6 0.002, 0.001 502, 200 5f1b

10.0.0.9 - - [22/Nov/2026:07:12:29 +0000] "GET /down HTTP/1.1" 502 150 "-" "lab/1.0" 78 0.001 [default-web-80] [] 10.1.0.5:8080 0 0.001 502 5f1c
10.0.0.9 - - [22/Nov/2026:07:12:30 +0000] "GET /cut HTT
"#;

/// The program, which cargo builds beside the tests.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/TEST");
    let program = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is missing: run all tests, or `cargo build --examples` first",
        program.display()
    );
    program
}

/// Exit status, standard output, standard error.
fn run(name: &str, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(program(name))
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let stderr = String::from_utf8(stderr).expect("UTF-8 on standard error");
    assert!(!stderr.contains("panicked"), "{name} {arguments:?}: {stderr}");
    let stdout = String::from_utf8(stdout).expect("UTF-8 on standard output");
    (status.code().unwrap_or(-1), stdout, stderr)
}

fn file(name: &str, bytes: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("a folder for tests");
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// The text has all of these parts, wherever its lines are broken: the length of a path decides that.
#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = in_one_line(text);
    for part in parts {
        assert!(whole.contains(&in_one_line(part)), "{part:?} is missing in\n{text}");
    }
}

/// Nothing that could move a cursor, and no line longer than a screen is wide.
#[track_caller]
fn fits_the_screen(text: &str) {
    for line in text.lines() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn codes() {
    let (code, out, _) = run("codes", &["502"]);
    assert_eq!(code, 0);
    holds(&out, &["502  Bad Gateway", "Check first:"]);
    let (code, out, err) = run("codes", &["envoy", "XX"]);
    assert_eq!((code, out.as_str()), (2, ""));
    holds(&err, &["no Envoy flag \"XX\" in the catalogue"]);
}

#[test]
fn explain() {
    let log = file("explain.log", LOG.as_bytes());
    let (code, out, err) = run("explain", &[&log]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    fits_the_screen(&out);
    holds(
        &out,
        &[
            "  ingress-nginx        3 of   4 lines   75.0 %\n",
            "LINE 1  the first access record\n",
            "  time_local                       time                      22/Nov/2026:07:12:27 +0000\n",
            "= 2026-11-22T07:12:27Z\n",
            "  request_time                     duration                  0.001  = 1 ms\n",
            "LINE 4  the first 5xx\n",
            "= 5xx Bad Gateway\n",
            "origin upstream, cause connect_refused, answered by proxy; evidence:",
            "  masked      no\n",
            "REFUSED  1 lines, the first 1:\n  line 5, byte ",
            "LINES  5: 3 access, 0 other, 1 malformed, 1 blank\n",
            "PASTE  --format ingress-nginx\n",
        ],
    );
    let caret = out.lines().position(|l| l.trim() == "^").expect("a caret");
    holds(
        out.lines().nth(caret + 1).unwrap_or_default(),
        &["reading request: the line ends before the format does"],
    );
    let (_, out, _) = run("explain", &["--limit", "0", &log]);
    assert!(!out.contains("REFUSED  1 lines, the first 1"), "{out}");
}

#[test]
fn explain_shows_nothing_hostile() {
    let hostile = LOG.replace("lab/1.0", "\x1b]0;x\x07\u{202e}\u{9b}2J").replace("/cut", "/\x1b[2J\r");
    let log = file("explain-hostile.log", hostile.as_bytes());
    let (code, out, _) = run("explain", &[&log]);
    assert_eq!(code, 0);
    fits_the_screen(&out);
    holds(&out, &[r"\x1b]0;x\x07\u{202e}\u{9b}2J"]);
}

#[test]
fn explain_a_format_of_ones_own() {
    let log = file("explain-own.log", b"22/Nov/2026:07:12:27 +0000|200\n22/Nov/2026:07:12:28 +0000|oops\n");
    let (code, out, _) = run("explain", &["--format", "nginx", "--log-format", "$time_local|$status", &log]);
    assert_eq!(code, 0);
    holds(
        &out,
        &[
            "FORMAT  nginx, as asked; framing: none\n",
            "  line 2, byte 31 of the file\n    22/Nov/2026:07:12:28 +0000|oops\n                               ^\n",
            "PASTE  --format nginx --log-format '$time_local|$status'\n",
        ],
    );
    let (code, out, err) = run("explain", &["--format", "nginx:$status $", &log]);
    assert_eq!(code, 2);
    holds(&out, &["$status $\n        ^\n"]);
    holds(&err, &["format text, byte 8"]);
}

#[test]
fn explain_when_nothing_fits() {
    let log = file("explain-none.log", b"one two three\nfour five six\n");
    let (code, out, err) = run("explain", &[&log]);
    assert_eq!(code, 2);
    fits_the_screen(&out);
    holds(
        &out,
        &["None fits more than half of the lines.", "0 of 2 lines", "one two three\n", "^\n", "--log-format"],
    );
    holds(&err, &["explain: no known format fits"]);
}

#[test]
fn parse() {
    let log = file("parse.log", LOG.as_bytes());
    let (code, out, _) = run("parse", &[&log]);
    assert_eq!(code, 0);
    let lines: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<_> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds, ["access", "access", "blank", "access", "malformed"]);
    assert_eq!(lines[1]["masked"], true);
    assert_eq!(lines[1]["attempts"][0]["addr"], "10.1.0.5:8080");
    assert_eq!(lines[3]["origin"], "upstream");
}

#[test]
fn triage() {
    let log = file("triage.log", LOG.as_bytes());
    let (code, out, _) = run("triage", &[&log]);
    assert_eq!(code, 0, "{out}");
    fits_the_screen(&out);
    holds(&out, &["default-web-80"]);
    let (code, out, _) = run("triage", &["--json", &log]);
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["schema"], "brownout.report.v1");
    let lines = &report["lines"];
    let counts = ["total", "access", "other", "malformed", "blank"].map(|key| lines[key].as_u64());
    assert_eq!(counts, [5, 3, 0, 1, 1].map(Some));
}

/// Two logs of one request each way round, and a pipe beside a file.
#[test]
fn triage_joins_layers() {
    const NGINX: &str = r#"nginx:$remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host" lr=$limit_req_status trace=$http_x_amzn_trace_id id=$http_x_request_id"#;
    let (front, behind) = ("tests/data/layers/alb-nginx/front.log", "tests/data/layers/alb-nginx/behind.log");
    let formats = ["--format", "alb", "--format", NGINX];
    let mut printed = Vec::new();
    for paths in [[front, behind], [behind, front]] {
        let (_, out, _) = run("triage", &[&formats[..], &paths[..]].concat());
        fits_the_screen(&out);
        holds(
            &out,
            &[
                "AWS ALB stands in front of nginx",
                "TIMEOUTS, 2 requests: AWS ALB gave up after",
                "answered 200",
            ],
        );
        printed.push(out);
    }
    assert_eq!(printed[0], printed[1]);
    let (_, out, _) = run("triage", &[&formats[..], &["--layers", "off", front, behind]].concat());
    assert!(!out.contains("LAYERS"), "{out}");
    let (_, out, _) = run("triage", &[&formats[..], &[front]].concat());
    assert!(!out.contains("LAYERS"), "{out}");
    let mut command = Command::new(program("triage"));
    command.args(formats).args(["--json", front, "-"]).stdin(fs::File::open(behind).expect("a log"));
    let report: serde_json::Value =
        serde_json::from_slice(&command.output().expect("triage runs").stdout).expect("JSON");
    assert_eq!(report["layers"]["layers"][1]["inputs"][0], "-");
    assert_eq!(report["layers"]["joins"]["by_id"], 8);
}

const READERS: [&str; 3] = ["explain", "parse", "triage"];

/// A shop for forty minutes: every hundredth request is a payment, which fail for ten; a page goes away; probes.
fn shop() -> String {
    let mut log = String::new();
    for second in 0..2400u32 {
        let (minute, s) = (second / 60, second % 60);
        let failing = (15..25).contains(&minute);
        let mut line = |path: &str, status: u16, client: u32, agent: &str| {
            let request =
                format!("[22/Nov/2026:02:{minute:02}:{s:02} +0000] \"GET {path} HTTP/1.1\" {status} 5");
            writeln!(log, "192.0.2.{client} - - {request} \"-\" \"{agent}\"").expect("a text takes text");
        };
        for i in 0..20 {
            line(&format!("/articles/{}", second * 20 + i), 200, (second + i) % 200, "browser");
        }
        if second % 5 == 0 {
            line(
                &format!("/pay/{second}"),
                if failing && second % 10 == 0 { 500 } else { 200 },
                second % 199,
                "app",
            );
        }
        line("/old/cart", if minute < 20 { 200 } else { 404 }, second % 97, "browser");
        line("/old/cart", if minute < 20 { 200 } else { 404 }, second % 89, "browser");
        line("/live", 200, 250, "kube-probe/1.31");
    }
    log
}

#[test]
fn triage_by_route_by_path_and_without_probes() {
    let log = file("shop.log", shop().as_bytes());
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (_, out, _) = run("triage", &[&[log.as_str(), "--json", "--quiet"], arguments].concat());
        serde_json::from_str(&out).expect("JSON")
    };
    let plain = json(&[]);
    assert_eq!(plain["episodes"].as_array().map(Vec::len), Some(0), "one request in a thousand");
    let gone = |report: &serde_json::Value| {
        let notices = report["notices"].as_array().cloned().unwrap_or_default();
        notices.into_iter().find(|n| n["kind"] == "gone").map(|n| n["message"].to_string())
    };
    let message = gone(&plain).expect("a notice of the path that is gone");
    assert!(message.contains("/old/cart (2,400 × 404 since 2026-11-22 02:20:00 UTC"), "{message}");
    let routes = json(&["--routes"]);
    assert_eq!(routes["episodes"][0]["routes"][0], "/pay/{n}");
    assert_eq!(
        (&routes["episodes"][0]["errors"], &routes["episodes"][0]["requests"]),
        (&60.into(), &120.into())
    );
    assert_eq!(json(&["--routes", "--threads", "1"]), routes);
    let own = json(&["--route", "/pay/**", "--route", "/articles/*"]);
    assert_eq!(own["episodes"][0]["routes"][0], "/pay/**");
    let users = json(&["--health-checks"]);
    assert_eq!(users["lines"]["access"].as_u64().map(|n| n + 2400), plain["lines"]["access"].as_u64());
    assert_eq!(users["lines"]["total"], plain["lines"]["total"]);
    let (code, _, error) = run("triage", &[&log, "--route", "pay"]);
    assert_eq!(code, 2);
    holds(&error, &["route pattern \"pay\" does not begin with a slash"]);
}

/// A sentence on standard error and the exit status 2.
#[test]
fn what_cannot_be_read() {
    let mut seed = 5u64;
    let noise: Vec<u8> = (0..5000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as u8
        })
        .collect();
    let missing = format!("{}/there-is-no-such.log", env!("CARGO_TARGET_TMPDIR"));
    let folder = format!("{}/empty-folder", env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).expect("a folder for tests");
    let good = file("readable.log", LOG.as_bytes());
    for (what, arguments) in [
        ("a missing file", vec![missing.as_str()]),
        ("an empty file", vec![&file("empty.log", b"")]),
        ("blank lines", vec![&file("blank.log", b"\n\n \n")]),
        ("noise", vec![&file("noise.bin", &noise)]),
        ("zeros", vec![&file("zeros.bin", &[0; 4096])]),
        ("a folder", vec![&folder]),
        ("an unknown format", vec!["--format", "ngnix", &good]),
        ("a wrong format text", vec!["--format", "nginx:$status ${", &good]),
        ("another format", vec!["--format", "alb", &good]),
    ] {
        for name in READERS {
            let (code, out, err) = run(name, &arguments);
            // Every line of another format is one that `parse` can say so about.
            let expected = if name == "parse" && what == "another format" { 0 } else { 2 };
            assert_eq!(code, expected, "{name}, {what}: {out}{err}");
            if expected == 2 {
                assert!(err.trim_end().len() > 20, "{name}, {what}: {err:?}");
                assert!(
                    !err.trim_end().chars().any(|c| c.is_control() && c != '\n'),
                    "{name}, {what}: {err:?}"
                );
            }
        }
    }
}

/// What came before the place where a file breaks off is read, and that it broke off is said.
#[cfg(feature = "gzip")]
#[test]
fn broken_off_gzip() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for number in 0..2000 {
        let line = LOG.lines().next().unwrap_or_default();
        writeln!(packer, "{line}{:x}", number * 7919 % 65_521).expect("memory");
    }
    let mut packed = packer.finish().expect("memory");
    packed.truncate(packed.len() * 2 / 3);
    let log = file("broken-off.log.gz", &packed);
    for name in READERS {
        let (code, out, err) = run(name, &[&log]);
        assert!((0..=1).contains(&code), "{name}: {code} {err}");
        holds(&[out, err].concat(), &["broken off"]);
    }
}

/// Lines of one upstream as the suggested format of nginx writes them: how many of each kind, spread over ten minutes.
fn requests(hour: u32, upstream: &str, kinds: &[(usize, &str)]) -> String {
    let all: Vec<&str> = kinds.iter().flat_map(|&(n, kind)| vec![kind; n]).collect();
    let mut text = String::new();
    // failures between successes, so that no stretch stands out
    let step = (0..).map(|i| i * 7919 % all.len());
    for (i, at) in step.take(all.len()).enumerate() {
        let (minute, second) = (i * 600 / all.len() / 60, i * 600 / all.len() % 60);
        let (status, tries) = match all[at] {
            "refused" => (502, r#"uct="-" uht="-" urt="0.000" us="502""#),
            "broken" => (503, r#"uct="0.000" uht="0.004" urt="0.004" us="503""#),
            "ok" => (200, r#"uct="0.000" uht="0.004" urt="0.004" us="200""#),
            other => panic!("{other}"),
        };
        writeln!(
            text,
            r#"198.51.100.{} - - [22/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] "GET / HTTP/1.1" {status} 5 "-" "curl" rt=0.004 {tries} ua="10.0.0.1:80" un="{upstream}""#,
            i % 200
        )
        .expect("a string");
    }
    text
}

/// A planted change, the numbers by hand: of `shop` 10 of 1,000 were 5xx and 60 of 1,000 are; twenty of them are answers
/// that there were none of, of which as many requests as before would have had as many.
#[test]
fn triage_against_a_baseline() {
    let before = requests(3, "billing", &[(495, "ok"), (5, "refused")])
        + &requests(3, "legacy", &[(100, "ok")])
        + &requests(3, "shop", &[(990, "ok"), (10, "refused")]);
    let now = requests(5, "billing", &[(494, "ok"), (6, "refused")])
        + &requests(5, "fresh", &[(50, "ok"), (50, "broken")])
        + &requests(5, "shop", &[(940, "ok"), (40, "refused"), (20, "broken")]);
    let (before, now) = (file("before.log", before.as_bytes()), file("now.log", now.as_bytes()));

    let (_, out, err) = run("triage", &["--json", "--quiet", &now, "--baseline", &before]);
    let report: serde_json::Value =
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    let found = &report["comparison"];
    assert_eq!(found["requests"], 1600);
    let upstreams: Vec<_> = found["upstreams"].as_array().expect("a list").iter().collect();
    let brief: Vec<_> = upstreams
        .iter()
        .map(|u| (u["upstream"].as_str(), u["change"].as_str(), &u["before"]["errors"], &u["now"]["errors"]))
        .collect();
    let number = |n: u64| serde_json::Value::from(n);
    let expected = [
        (Some("billing"), Some("same"), &number(5), &number(6)),
        (Some("fresh"), Some("appeared"), &number(0), &number(50)),
        (Some("legacy"), Some("disappeared"), &number(0), &number(0)),
        (Some("shop"), Some("worse"), &number(10), &number(60)),
    ];
    assert_eq!(brief, expected);
    // Wilson: 10 of 1,000 lies in 0.54407 to 1.83095 %, 60 in 4.68965 to 7.64711 %; Newcombe: 6 - 1 less the root of
    // 1.31035² + 0.83095² and more that of 1.64711² + 0.45593² points
    let shop = upstreams[3];
    for (key, hand) in [("difference", 0.05), ("low", 0.034_484), ("high", 0.067_090)] {
        let found = shop[key].as_f64().expect("a number");
        assert!((found - hand).abs() < 2e-5, "{key}: {found}, by hand {hand}");
    }
    assert!(shop["p"].as_f64().expect("a number") < 1e-6, "z = 0.049 / 0.00822 = 5.96");
    let new = |kind: &str| {
        let all = found[kind].as_array().expect("a list").iter();
        all.map(|n| (n["upstream"].clone(), n["status"].clone(), n["cause"].clone(), n["expected"].clone()))
            .collect::<Vec<_>>()
    };
    let (shop, nothing) = (serde_json::Value::from("shop"), serde_json::Value::Null);
    assert_eq!(new("new_codes"), [(shop.clone(), 503.into(), nothing, 20.into())]);
    assert_eq!(new("new_causes"), [(shop, 503.into(), "app_error".into(), 20.into())]);

    let (_, out, _) = run("triage", &["--quiet", &now, "--baseline", &before]);
    fits_the_screen(&out);
    holds(
        &out,
        &[
            "AGAINST THE BASELINE (1,600 responses, 2026-11-22 03:00:00 to",
            "shop is worse: 6.0 % (60 of 1,000) were 5xx, 1.0 % (10 of 1,000) in the baseline; difference +5.00 points \
             (95 %: +3.45 to +6.71; p < 0.0001)",
            "fresh is not in the baseline: 50 % (50 of 100) were 5xx",
            "legacy is in the baseline only",
            "1 upstream of the others: no clear change of 5xx",
            "shop: new: 503 × 20; the baseline has none, and would have about 20 at this rate",
        ],
    );
}
