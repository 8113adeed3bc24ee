//! What is printed.

use brownout::{
    Accumulate, Aggregator, InputInfo, Policy, Report, Settings, Spans, Style, detect, diagnose, input,
};

use super::{first_line, known};

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
        assumed_offset: Some(3_600),
        unterminated: true,
        assumed_year: None,
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
