//! The tables are complete, unique and whole.

use std::collections::HashSet;

use super::*;

/// All text of an entry.
fn texts(e: &Entry) -> impl Iterator<Item = &'static str> {
    [e.key, e.title, e.usual_status, e.meaning, e.source]
        .into_iter()
        .chain(e.usual_causes.iter().copied())
        .chain(e.check_first.iter().copied())
        .chain(e.product_notes.iter().map(|n| n.1))
}

#[test]
fn every_status_is_there() {
    let wanted = "000 400 401 403 404 408 413 421 425 429 431 444 460 463 464 494 495 496 497 499 500 501 502 503 504 \
                  505 506 507 508 511 520 521 522 523 524 525 526 527 530 561";
    for code in wanted.split_whitespace() {
        let entry =
            status(Status::parse(code.as_bytes()).unwrap()).unwrap_or_else(|| panic!("{code} is missing"));
        assert_eq!(entry.key, code);
        assert_eq!(entry.usual_status, code);
    }
    assert!(statuses().map(|e| e.key).is_sorted());
}

#[test]
fn every_flag_of_the_core_is_there() {
    let wanted = "LH UH UT LR UR UF UC UO NR DI FI RL UAEX RLSE DC URX SI IH DPE UMSDR RFCF NFCF DT UPE NC OM DF DO DR UDO";
    let keys: Vec<_> = envoy_flags().map(|e| e.key).collect();
    assert_eq!(keys.join(" "), wanted);
    assert_eq!(keys.len(), 30);
    for entry in envoy_flags() {
        assert_eq!(envoy_flag(entry.title), Some(entry));
        assert_eq!(envoy_flag(&entry.key.to_lowercase()), Some(entry));
    }
}

#[test]
fn every_state_of_haproxy_is_there() {
    for state in
        "-- SC sC sQ SQ RC PC IH IC SH sH PH PR PT LR LH LC KH KD DH DD SD sD PD CD cD CH CC CQ CR cR"
            .split(' ')
    {
        assert_eq!(haproxy_state(state).map(|e| e.key), Some(state));
        assert_eq!(haproxy_state(&format!("{state}--")).map(|e| e.key), Some(state));
    }
    for entry in haproxy_states() {
        let mut letters = entry.key.chars();
        assert!(letters.next().and_then(haproxy_first).is_some(), "{}", entry.key);
        assert!(letters.next().and_then(haproxy_second).is_some(), "{}", entry.key);
    }
    for bad in ["", "S", "SC-", "SC---", "scvn", "é", "éé", "SCé"] {
        assert_eq!(haproxy_state(bad), None, "{bad}");
    }
}

#[test]
fn every_family_of_alb_reasons_is_there() {
    let count = |family: &str| alb_error_reasons().filter(|e| e.key.starts_with(family)).count();
    assert_eq!((count("Auth"), count("Lambda"), count("WAF")), (17, 24, 5));
    assert!(alb_error_reason("lambdathrottling").is_some());
    assert!(alb_error_reason("LambdaTimeout").is_none());
}

#[test]
fn entries_are_whole() {
    for e in all() {
        assert!(!e.usual_causes.is_empty() && !e.check_first.is_empty(), "{}", e.key);
        for text in texts(e) {
            assert!(!text.trim().is_empty(), "{}: an empty part", e.key);
            assert_eq!(text.trim(), text, "{}: {text}", e.key);
            assert!(!text.contains("  ") && !text.contains(|c: char| c.is_control()), "{}: {text}", e.key);
            assert!(text.len() <= 300, "{}: too long to read at 3 a.m.: {text}", e.key);
        }
        assert!(e.meaning.ends_with('.'), "{}: {}", e.key, e.meaning);
    }
    for group in [
        &mut statuses() as &mut dyn Iterator<Item = _>,
        &mut envoy_flags(),
        &mut haproxy_states(),
        &mut alb_error_reasons(),
    ] {
        let mut seen = HashSet::new();
        for e in group {
            assert!(seen.insert(e.key), "{} twice", e.key);
        }
    }
}

#[test]
fn every_cause_has_an_entry_of_its_own() {
    assert_eq!(causes().map(|e| e.cause).collect::<Vec<_>>(), Cause::ALL);
    for &c in Cause::ALL {
        let e = cause(c);
        assert_eq!(e.cause, c);
        assert!(!e.title.is_empty() && e.meaning.ends_with('.'), "{}", c.name());
        assert!(
            !e.usual_causes.is_empty() && !e.check_first.is_empty() && !e.product_checks.is_empty(),
            "{}",
            c.name()
        );
    }
}

#[test]
fn tendencies_are_those_of_the_facts() {
    for c in [Cause::Reset, Cause::ConnectTimeout, Cause::Truncated] {
        assert_eq!(cause(c).tendency, Tendency::Transient, "{}", c.name());
    }
    for c in [
        Cause::NoHealthyUpstream,
        Cause::ConnectRefused,
        Cause::Dns,
        Cause::NoCluster,
        Cause::Tls,
        Cause::Auth,
    ] {
        assert_eq!(cause(c).tendency, Tendency::Sustained, "{}", c.name());
    }
}

#[test]
fn a_4xx_is_never_a_failure_of_the_server() {
    for e in statuses().filter(|e| e.key.starts_with('4')) {
        assert!(matches!(e.side, Side::Client | Side::Info), "{}", e.key);
        for text in texts(e) {
            let text = text.to_lowercase();
            assert!(!text.contains("incident") && !text.contains("outage"), "{}: {text}", e.key);
        }
    }
}

#[test]
fn the_gateway_codes_differ_by_product() {
    for code in [500, 502, 503, 504] {
        let e = status(Status::new(code).unwrap()).unwrap();
        for product in [
            Product::Nginx,
            Product::Envoy,
            Product::Alb,
            Product::Haproxy,
            Product::IngressNginx,
            Product::Elb,
        ] {
            assert!(e.note(product).is_some(), "{code} {}", product.name());
        }
        assert_eq!(e.note(Product::Custom), None);
    }
}
