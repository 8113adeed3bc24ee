//! The example `codes`, as its readers see it.

#[path = "../examples/codes.rs"]
#[allow(dead_code)]
mod codes;

use brownout::{Cause, catalogue};
use codes::answer;

#[test]
fn every_page_fits_100_columns() {
    let mut pages = vec![answer(&[]).unwrap()];
    pages.extend(catalogue::statuses().map(|e| answer(&[e.key]).unwrap()));
    pages.extend(catalogue::envoy_flags().map(|e| answer(&["envoy", e.key]).unwrap()));
    pages.extend(catalogue::haproxy_states().map(|e| answer(&["haproxy", e.key]).unwrap()));
    pages.extend(catalogue::alb_error_reasons().map(|e| answer(&["alb", e.key]).unwrap()));
    pages.extend(Cause::ALL.iter().map(|c| answer(&["cause", c.name()]).unwrap()));
    for line in pages.iter().flat_map(|p| p.lines()) {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line.trim_end(), line, "{line:?}");
    }
}

#[test]
fn questions_in_all_spellings() {
    for (question, head) in [
        (&["502"][..], "502  Bad Gateway\n"),
        (&["0"], "000  No response sent\n"),
        (&["000"], "000  No response sent\n"),
        (&["envoy", "uf"], "UF  UpstreamConnectionFailure\n"),
        (&["envoy", "URX,UF"], "URX  UpstreamRetryLimitExceeded\n"),
        (&["haproxy", "SCVN"], "SC  Connection failed, or no server\n"),
        (&["haproxy", "DQ--"], "DQ--: no common state. By its letters: the server was marked down meanwhile"),
        (&["alb", "lambdathrottling"], "LambdaThrottling  Function throttled\n"),
        (&["cause", "reset"], "reset  closed or reset before the response header\n"),
    ] {
        let text = answer(question).unwrap();
        assert!(text.starts_with(head), "{question:?}: {text}");
    }
    assert!(answer(&["envoy", "URX,UF"]).unwrap().contains("\nUF  UpstreamConnectionFailure\n"));
}

#[test]
fn unknown_codes_get_a_sentence_with_near_ones() {
    for (question, sentence) in [
        (&["509"][..], "no status \"509\" in the catalogue; near it: 009, 500, 501"),
        (&["envoy", "UX"], "no Envoy flag \"UX\" in the catalogue; near it: URX, UAEX, UC"),
        (
            &["haproxy", "ZZ"],
            "no HAProxy termination state \"ZZ\" in the catalogue; without arguments all are listed",
        ),
        (
            &["alb", "LambdaTimeout"],
            "no ALB error reason \"LambdaTimeout\" in the catalogue; near it: LambdaConnectionTimeout, \
             LambdaBadRequest, LambdaThrottling",
        ),
        (&["cause", "resett"], "no cause \"resett\" in the catalogue; near it: reset, response_timeout"),
    ] {
        assert_eq!(answer(question).unwrap_err(), sentence);
    }
    let asked = "x".repeat(5000);
    assert!(
        answer(&["cause", &asked])
            .unwrap_err()
            .ends_with("in the catalogue; without arguments all are listed")
    );
    assert!(answer(&["envoy"]).unwrap_err().starts_with("no status"));
    assert!(answer(&["a", "b", "c"]).unwrap_err().starts_with("ask for: "));
}
