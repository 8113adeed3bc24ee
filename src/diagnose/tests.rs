//! Hand-made episodes and what is said about them, word for word.

use super::*;
use crate::aggregate::{Cell, Durations, FormatCounts, HostSeries, UpstreamCounts};
use crate::detect::{Pattern, Severity};
use crate::origin::Origin;
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

const SECOND: i64 = 1_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * SECOND)
}

fn code(code: u16) -> Status {
    Status::new(code).unwrap()
}

/// Ten minutes of 502 made by the proxy, 400 of 1000 requests.
fn episode() -> Episode {
    Episode {
        start: at(0),
        end: Some(at(600)),
        recovering_since: None,
        pattern: Pattern::Sustained,
        would_be: Pattern::Sustained,
        scope: Scope::Upstream,
        upstreams: vec!["checkout".into()],
        zone: None,
        hosts: vec![],
        routes: vec![],
        dominant_status: Some(code(502)),
        origin: EpisodeOrigin::Proxy,
        cause: None,
        requests: 1000,
        errors: 400,
        by_proxy: 400,
        by_upstream: 0,
        peak_rate: 0.875,
        masked: 0,
        planned: false,
        rolling: false,
        relapses: 0,
        amplification: None,
        timeout_ms: None,
        severity: Severity::Page,
        budget_burned: 0.031,
        detected_at: at(20),
        sustained_at: Some(at(300)),
        evidence: 900.0,
        baseline: 0.001,
        phases: vec![(at(0), at(600))],
    }
}

/// `(zone, host, requests, 502s)`, all in one bucket at the given second.
fn host(zone: &str, host: &str, second: i64, requests: u32, errors: u32) -> HostSeries {
    let cell =
        Cell { requests, errors, s502: errors, by_proxy: errors, error_clients: u64::MAX, ..Cell::default() };
    HostSeries { zone: zone.into(), host: host.into(), cells: vec![(second / 10, cell)] }
}

fn upstream(name: &str, causes: Vec<(Status, Cause, u64)>, hosts: Vec<HostSeries>) -> UpstreamCounts {
    UpstreamCounts {
        name: name.into(),
        codes: vec![(code(200), 600), (code(502), 400)],
        origins: vec![(Origin::Upstream, 400)],
        causes,
        clients: [10; 64],
        durations: vec![],
        client_codes: Vec::new(),
        hosts,
    }
}

fn summary(product: Product, upstreams: Vec<UpstreamCounts>) -> Summary {
    let format = FormatCounts { name: "f".into(), product, lines: 1000 };
    Summary { width_micros: 10 * SECOND, formats: vec![format], upstreams, ..Summary::default() }
}

#[test]
fn one_host_refuses() {
    let e = Episode {
        scope: Scope::Host,
        hosts: vec!["10.0.0.3:80".into()],
        cause: Some(Cause::ConnectRefused),
        masked: 120,
        ..episode()
    };
    let causes = vec![
        (code(502), Cause::ConnectRefused, 390),
        (code(502), Cause::Reset, 30),
        (code(502), Cause::Dns, 1),
        (code(499), Cause::ClientDisconnect, 5000),
    ];
    let hosts = vec![
        host("", "10.0.0.1:80", 10, 450, 4),
        host("", "10.0.0.2:80", 10, 450, 4),
        host("", "10.0.0.3:80", 10, 450, 392),
        host("", "10.0.0.3:80", 610, 450, 450), // after the episode
    ];
    let s =
        summary(Product::Nginx, vec![upstream("checkout", causes, hosts), upstream("other", vec![], vec![])]);
    let d = diagnose(&e, &s, None);
    assert_eq!(
        d.verdict,
        format!(
            "10.0.0.3:80 of checkout: 502 for 400 of 1000 requests (40.0 %), made by nginx for want of an answer, most \
             likely connection refused; from {} to {} (10 min), over; sustained",
            e.start,
            e.end.unwrap()
        )
    );
    assert_eq!(
        d.evidence,
        [
            "of 400 5xx nginx itself made 400, the upstream 0 (told by $upstream_header_time, or else the upstream lists)",
            "400 of 1000 requests (40.0 %) got a 5xx, against 0.1 % normally: 400 times as many",
            "at its peak 87.5 % of the responses in a minute were 5xx",
            "host 10.0.0.3:80 holds 392 of 400 5xx (98.0 %) and 450 of 1350 requests (33.3 %)",
            "retries hid 120 more failed attempts from clients",
            "it used up 3.1 % of a 30-day error budget at 99.9 % (page)",
        ]
    );
    assert_eq!(d.causes.iter().map(|c| c.cause).collect::<Vec<_>>(), [Cause::ConnectRefused, Cause::Reset]);
    assert_eq!(d.causes[0].share, Some(390.0 / 421.0));
    assert_eq!(
        d.causes[0].why,
        "390 of 421 502s (92.6 %) in the whole log; such failures mostly stay until somebody acts"
    );
    assert_eq!(
        d.check_first,
        [
            "error log 'connect() failed (111: Connection refused) while connecting to upstream'; with proxy_pass \
             https:// also 'SSL_do_handshake() failed', which the access log does not tell from it",
            "take 10.0.0.3:80 out of rotation and compare with its neighbours, which are well: version, restarts, \
             memory, disk",
            "does the process run and listen (ss -ltn on the host)? crash loops, out-of-memory kills",
            "the port in the proxy's configuration against the one the process listens on",
            "deploys at that time: readiness before traffic, draining before stop",
            "error log: 'connect() failed (111: Connection refused)' = not listening; 'upstream prematurely closed \
             connection' = crashed or idle close; 'no live upstreams' = all marked failed; 'upstream sent too big \
             header' = raise proxy_buffer_size.",
        ]
    );
}

#[test]
fn a_timeout_cliff_of_envoy_that_goes_on() {
    let e = Episode {
        end: None,
        pattern: Pattern::Ongoing,
        dominant_status: Some(code(504)),
        cause: Some(Cause::ResponseTimeout),
        timeout_ms: Some(15_000),
        amplification: Some(2.34),
        ..episode()
    };
    let causes = vec![(code(504), Cause::ResponseTimeout, 400)];
    let s = summary(Product::Envoy, vec![upstream("checkout", causes, vec![])]);
    let d = diagnose(&e, &s, None);
    assert!(d.verdict.ends_with(&format!(
        "response timeout; since {}, not over when the data ends; so far sustained",
        e.start
    )));
    assert!(
        d.evidence.contains(
            &"the 504s pile up at 15 s: most likely the route's timeout (15 s by default)".to_owned()
        )
    );
    assert!(d.evidence.contains(
        &"requests came 2.3 times as fast as in the half hour before: most likely retries, which add to the load".to_owned()
    ));
    assert_eq!(
        d.check_first[0],
        "the route's timeout (15 s by default): do these requests need longer, or did they become slow?"
    );
    assert!(d.check_first[1].starts_with("cluster.<name>.upstream_rq_timeout"));
    assert!(d.check_first.iter().any(|c| c.starts_with("retries: ")));
}

#[test]
fn timeouts_point_at_the_product_s_own_setting() {
    for (product, ms, setting) in [
        (Product::Nginx, 60_000, "proxy_read_timeout (or proxy_connect_timeout) (60 s by default)"),
        (
            Product::Nginx,
            180_000,
            "proxy_read_timeout (or proxy_connect_timeout) (60 s by default) on each of 3 tries",
        ),
        (Product::Nginx, 7_500, "proxy_read_timeout or proxy_connect_timeout, set to 7.5 s"),
        (Product::IngressNginx, 15_000, "proxy-connect-timeout (5 s by default) on each of 3 tries"),
        (Product::Alb, 10_000, "the ALB's connect timeout (10 s by default)"),
        (Product::Alb, 120_000, "idle_timeout.timeout_seconds, set to 120 s"),
        (Product::Haproxy, 30_000, "timeout server, set to 30 s"),
        (Product::Custom, 30_000, "a timeout towards the upstream, set to 30 s"),
    ] {
        assert_eq!(timeouts::guess(product, ms).setting, setting, "{} {ms}", product.name());
    }
    assert!(timeouts::guess(Product::Alb, 10_000).connect);
}

#[test]
fn a_504_the_upstream_made_is_not_this_proxy_s_timeout() {
    let e = Episode {
        dominant_status: Some(code(504)),
        origin: EpisodeOrigin::Upstream,
        by_proxy: 0,
        by_upstream: 400,
        timeout_ms: Some(60_000),
        ..episode()
    };
    let d = diagnose(&e, &summary(Product::Nginx, vec![]), None);
    assert!(
        d.verdict.contains("the upstream's own answers, most likely the upstream's own error"),
        "{}",
        d.verdict
    );
    assert!(d.evidence.contains(
        &"the 504s pile up at 60 s: a timeout behind the upstream, which made them itself".to_owned()
    ));
    assert_eq!(d.check_first[0], "which timeout of 60 s stands behind the upstream");
}

#[test]
fn a_rolling_deploy_behind_an_alb() {
    let e = Episode {
        pattern: Pattern::Transient,
        would_be: Pattern::Transient,
        rolling: true,
        relapses: 2,
        planned: true,
        phases: vec![(at(0), at(40)), (at(100), at(150)), (at(200), at(230))],
        severity: Severity::Info,
        budget_burned: 0.0,
        ..episode()
    };
    let d = diagnose(&e, &summary(Product::Alb, vec![]), None);
    assert!(d.verdict.ends_with("over; transient, inside a planned window"), "{}", d.verdict);
    assert_eq!(
        d.evidence[3..],
        [
            "hosts failed briefly, one after the other: most likely a rolling deploy or restart",
            "on and off: it failed in 3 phases that sum to 2 min of 3 min 50 s",
        ]
    );
    assert_eq!(d.causes[0].cause, Cause::Reset);
    assert_eq!(d.causes[0].share, None);
    assert!(d.causes[0].why.starts_with("inferred, no line tells a cause: "));
    assert!(d.check_first[0].starts_with("deploys and restarts at that time"));
    assert!(d.check_first[1].contains("the target's keep-alive must be longer"));
}

#[test]
fn several_upstreams_in_one_zone() {
    let e = Episode {
        scope: Scope::Zone,
        zone: Some("eu-1a".into()),
        upstreams: ["a", "b", "c", "d"].map(String::from).to_vec(),
        ..episode()
    };
    let named =
        |name| upstream(name, vec![], vec![host("eu-1a", "x", 0, 100, 90), host("eu-1b", "y", 0, 100, 1)]);
    let d = diagnose(&e, &summary(Product::Haproxy, ["a", "b", "c", "d"].map(named).to_vec()), None);
    assert!(d.verdict.starts_with("zone eu-1a: 4 upstreams (a, b, c and 1 more): 502 for"), "{}", d.verdict);
    assert!(d.evidence.contains(
        &"4 upstreams began to fail together (a, b, c and 1 more): most likely something they share, not each of them"
            .to_owned()
    ));
    assert!(
        d.evidence.contains(
            &"zone eu-1a holds 360 of 364 5xx (98.9 %) and 400 of 800 requests (50.0 %)".to_owned()
        )
    );
    assert!(d.check_first.iter().any(|c| c.starts_with("zone eu-1a: provider status")));
}

#[test]
fn without_upstream_fields_nothing_is_asserted() {
    let e = Episode {
        by_proxy: 0,
        by_upstream: 0,
        origin: EpisodeOrigin::Upstream,
        cause: Some(Cause::Unknown),
        ..episode()
    };
    let causes = vec![(code(502), Cause::Unknown, 400)];
    let mut u = upstream("checkout", causes, vec![host("", "-", 0, 1000, 400)]);
    u.hosts[0].host = "h".into();
    u.durations = vec![(0, code(502), {
        let mut d = Durations::default();
        (0..400).for_each(|_| d.add(2_000));
        d
    })];
    let d = diagnose(&e, &summary(Product::Nginx, vec![u]), None);
    assert!(
        d.verdict.contains("maker not told by the lines, most likely connection refused"),
        "{}",
        d.verdict
    );
    assert!(d.evidence[0].starts_with("no line tells whether nginx or the upstream made these 5xx"));
    assert!(
        d.evidence.contains(&"only one host is seen (h): host and upstream cannot be told apart".to_owned())
    );
    assert_eq!(d.causes[0].why, "inferred, no line tells a cause: 502 within a tenth of a second");
}

#[test]
fn hints_depend_on_the_product() {
    let first = |product, e: &Episode| diagnose(e, &summary(product, vec![]), None).causes[0].cause;
    let e503 = Episode { dominant_status: Some(code(503)), ..episode() };
    assert_eq!(first(Product::Nginx, &e503), Cause::RateLimited);
    assert_eq!(first(Product::Haproxy, &e503), Cause::NoHealthyUpstream);
    let stormy = Episode { amplification: Some(3.0), ..e503 };
    assert_eq!(first(Product::Envoy, &stormy), Cause::Overload);
    let other = Episode { dominant_status: Some(code(599)), ..episode() };
    let mut u = upstream("checkout", vec![], vec![]);
    u.codes = vec![(code(500), 900), (code(520), 3), (code(522), 40)];
    let d = diagnose(&other, &summary(Product::Cloudflare, vec![u]), None);
    assert!(d.verdict.starts_with("checkout: 522 for"), "{}", d.verdict);
    assert_eq!(d.causes[0].cause, Cause::ConnectTimeout);
    let none = Episode { dominant_status: None, ..episode() };
    let d = diagnose(&none, &Summary::default(), None);
    assert!(d.verdict.starts_with("checkout: 5xx for"), "{}", d.verdict);
    assert_eq!(d.causes[0].cause, Cause::Unknown);
    assert!(!d.verdict.contains("most likely"), "{}", d.verdict);
}

#[test]
fn few_clients_and_leaving_clients_are_told() {
    let mut u = upstream("checkout", vec![], vec![host("", "h", 0, 1000, 400), host("", "i", 0, 1000, 390)]);
    for series in &mut u.hosts {
        series.cells[0].1.error_clients = 0b101;
        series.cells[0].1.client_closed = 50;
    }
    let d = diagnose(&episode(), &summary(Product::Envoy, vec![u]), None);
    let few = d
        .evidence
        .iter()
        .find(|s| s.starts_with("the 5xx went to very few clients, while others were served"));
    assert!(
        few.is_some_and(|s| s.ends_with("(they made 3.1 % of the requests in the whole log)")),
        "{few:?}"
    );
    assert!(d.evidence.contains(&"100 clients more left before an answer came, which is no 5xx".to_owned()));
    assert!(
        d.evidence
            .iter()
            .any(|s| s.starts_with("2 of 2 hosts fail; the worst, h holds 400 of 790 5xx (50.6 %)"))
    );
}

#[test]
fn health_adds_what_could_be_seen() {
    let health = UpstreamHealth {
        upstream: "checkout".into(),
        baseline: 0.05,
        chronic: true,
        min_visible_rate: Some(0.2),
    };
    let last =
        |h: &UpstreamHealth| diagnose(&episode(), &Summary::default(), Some(h)).evidence.pop().unwrap();
    assert_eq!(
        last(&health),
        "checkout fails much of the time, in episodes or not: it was judged against a background of 5.0 %"
    );
    let thin = UpstreamHealth { chronic: false, ..health };
    assert_eq!(last(&thin), "there is too little traffic to see less than 20.0 % of failures within an hour");
}

#[test]
fn a_4xx_is_never_called_an_incident() {
    for status in [400, 401, 403, 404, 429, 460, 499] {
        let e = Episode { dominant_status: Some(code(status)), ..episode() };
        let d = diagnose(&e, &Summary::default(), None);
        assert_eq!(
            d.verdict,
            format!(
                "checkout: {status} is no 5xx. The server chose not to fulfil the request: rarely an outage."
            )
        );
        assert!(d.causes.is_empty() && !d.to_string().contains("incident"));
    }
}

#[test]
fn two_products_are_both_named() {
    let mut s = summary(Product::Nginx, vec![]);
    s.formats.push(FormatCounts { name: "alb".into(), product: Product::Alb, lines: 900 });
    s.formats.push(FormatCounts { name: "x".into(), product: Product::Custom, lines: 10 });
    let d = diagnose(&Episode { cause: Some(Cause::Reset), ..episode() }, &s, None);
    assert!(d.verdict.contains("made by nginx or AWS ALB for want of an answer"), "{}", d.verdict);
    assert!(d.check_first[0].starts_with("nginx: error log 'upstream prematurely closed connection'"));
    assert!(d.check_first[1].starts_with("AWS ALB: the target's keep-alive"));
}

#[test]
fn a_few_lines_with_a_cause_among_many_without_prove_little() {
    let told = |known, unknown| {
        let causes = vec![(code(502), Cause::Tls, known), (code(502), Cause::Unknown, unknown)];
        let e = Episode { cause: Some(Cause::Tls), ..episode() };
        diagnose(&e, &summary(Product::Nginx, vec![upstream("checkout", causes, vec![])]), None).causes[0]
            .cause
    };
    assert_eq!(told(3, 397), Cause::Reset);
    assert_eq!(told(300, 100), Cause::Tls);
}

#[test]
fn hostile_names_are_shown_sanitized() {
    let hostile = "shop\u{1b}[31m\u{202e}\n";
    let e = Episode { upstreams: vec![hostile.into()], ..episode() };
    let d = diagnose(&e, &Summary::default(), None);
    assert!(d.verdict.starts_with(&format!("{}: ", crate::Sanitized(hostile.as_bytes()))), "{:?}", d.verdict);
}

#[test]
fn as_text_it_is_one_statement_a_line() {
    let d = Diagnosis {
        verdict: "v".into(),
        evidence: vec!["e".into()],
        causes: vec![RankedCause { cause: Cause::Dns, share: None, why: "w".into() }],
        check_first: vec!["a".into(), "b".into()],
    };
    assert_eq!(d.to_string(), "v\n- e\nlikely: upstream name not resolved: w\ncheck 1: a\ncheck 2: b\n");
}

#[test]
fn every_shape_gets_three_to_six_checks_and_one_line_of_verdict() {
    let products =
        [Product::Nginx, Product::Envoy, Product::Alb, Product::Haproxy, Product::Caddy, Product::Custom];
    let causes = Cause::ALL.iter().map(|&c| Some(c)).chain([None]);
    for cause in causes {
        for product in products {
            for status in [500, 501, 502, 503, 504, 507, 599] {
                let e = Episode { cause, dominant_status: Some(code(status)), ..episode() };
                let d = diagnose(&e, &summary(product, vec![]), None);
                let shape = format!("{cause:?} {} {status}", product.name());
                assert!((3..=6).contains(&d.check_first.len()), "{shape}: {:?}", d.check_first);
                assert!(!d.verdict.contains('\n') && !d.causes.is_empty(), "{shape}");
                assert_eq!(d, diagnose(&e, &summary(product, vec![]), None));
            }
        }
    }
}

#[test]
fn words() {
    for (ratio, text) in [
        (0.0, "0 %"),
        (0.000_05, "below 0.01 %"),
        (0.000_5, "0.05 %"),
        (0.001, "0.1 %"),
        (0.5, "50.0 %"),
        (0.999_9, "over 99.9 %"),
        (1.0, "100 %"),
    ] {
        assert_eq!(words::percent(ratio), text);
    }
    for (seconds, text) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (550, "9 min 10 s"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (-5, "0 s"),
    ] {
        assert_eq!(words::duration(seconds * SECOND), text);
    }
    assert_eq!(words::name(&"é".repeat(100)), format!("{}…", "é".repeat(80)));
}
