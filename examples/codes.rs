//! What does this code mean, and what do I check first?
//!
//! ```text
//! cargo run --example codes                  a table of all
//! cargo run --example codes -- 502           a status
//! cargo run --example codes -- envoy UF,URX  Envoy response flags
//! cargo run --example codes -- haproxy SC--  a HAProxy termination state
//! cargo run --example codes -- alb LambdaThrottling
//! cargo run --example codes -- cause reset   a cause, by the name that reports use
//! ```

#[path = "common/wrap.rs"]
mod wrap;

use std::io::{self, Write};
use std::process::ExitCode;

use brownout::catalogue::{self, CauseEntry, Entry, class_rule};
use brownout::{Cause, Sanitized, Status};
use wrap::{WIDTH, wrap};

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    match answer(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(text) => {
            let _ = io::stdout().write_all(text.as_bytes()); // a closed pipe is the reader's choice
            ExitCode::SUCCESS
        }
        Err(sentence) => {
            eprintln!("{}", Sanitized(sentence.as_bytes()));
            ExitCode::from(2)
        }
    }
}

/// The text to print, or a sentence on what is wrong with the question.
pub(crate) fn answer(arguments: &[&str]) -> Result<String, String> {
    match *arguments {
        [] => Ok(table()),
        [code] => {
            let number = code.parse().ok().filter(|_| code.len() == 3).and_then(Status::new);
            let number = number.or_else(|| Status::parse(code.as_bytes()));
            number
                .and_then(catalogue::status)
                .map(page)
                .ok_or_else(|| unknown("status", code, catalogue::statuses()))
        }
        ["envoy", flags] => pages(flags.split(','), |flag| {
            catalogue::envoy_flag(flag)
                .map(page)
                .ok_or_else(|| unknown("Envoy flag", flag, catalogue::envoy_flags()))
        }),
        ["haproxy", state] => haproxy(state),
        ["alb", reason] => catalogue::alb_error_reason(reason)
            .map(page)
            .ok_or_else(|| unknown("ALB error reason", reason, catalogue::alb_error_reasons())),
        ["cause", name] => match Cause::ALL.iter().find(|c| c.name().eq_ignore_ascii_case(name)) {
            Some(&cause) => Ok(cause_page(catalogue::cause(cause))),
            None => Err(suggest("cause", name, Cause::ALL.iter().map(|c| c.name()))),
        },
        _ => Err(
            "ask for: STATUS | envoy FLAGS | haproxy STATE | alb REASON | cause NAME, or nothing for a table"
                .into(),
        ),
    }
}

/// One page after the other; the first error wins.
fn pages<'a>(
    keys: impl Iterator<Item = &'a str>,
    page: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    keys.map(page).collect::<Result<Vec<_>, _>>().map(|pages| pages.join("\n"))
}

/// States that are not in the catalogue still have letters that mean something.
fn haproxy(state: &str) -> Result<String, String> {
    if let Some(entry) = catalogue::haproxy_state(state) {
        return Ok(page(entry));
    }
    let mut letters = state.chars();
    let first = letters.next().and_then(catalogue::haproxy_first);
    let second = letters.next().and_then(catalogue::haproxy_second);
    match (first, second) {
        (Some(first), Some(second)) if matches!(state.len(), 2 | 4) => {
            let state = Sanitized(state.as_bytes());
            Ok(format!("{state}: no common state. By its letters: {first}, {second}.\n"))
        }
        _ => Err(unknown("HAProxy termination state", state, catalogue::haproxy_states())),
    }
}

/// Everything about one code.
fn page(entry: &Entry) -> String {
    let mut text = format!("{}  {}\n\n", entry.key, entry.title);
    wrap(&mut text, "", entry.meaning);
    if let Some(status) = entry.key.parse().ok().and_then(Status::new) {
        wrap(&mut text, "", class_rule(status.class()));
    } else {
        wrap(&mut text, "status: ", entry.usual_status);
    }
    wrap(&mut text, "look at: ", &format!("{} side", entry.side.name()));
    if let Some(cause) = entry.cause {
        wrap(&mut text, "cause: ", cause.name());
    }
    list(&mut text, "Usual causes", entry.usual_causes.iter().map(|&c| c.to_owned()));
    list(&mut text, "Check first", entry.check_first.iter().map(|&c| c.to_owned()));
    list(
        &mut text,
        "By product",
        entry.product_notes.iter().map(|(p, note)| format!("{}: {note}", p.name())),
    );
    text.push('\n');
    wrap(&mut text, "source: ", entry.source);
    text
}

fn cause_page(entry: &CauseEntry) -> String {
    let mut text = format!("{}  {}\n\n", entry.cause.name(), entry.title);
    wrap(&mut text, "", entry.meaning);
    wrap(&mut text, "look at: ", &format!("{} side", entry.side.name()));
    wrap(&mut text, "usually: ", entry.tendency.name());
    list(&mut text, "Usual causes", entry.usual_causes.iter().map(|&c| c.to_owned()));
    list(&mut text, "Check first", entry.check_first.iter().map(|&c| c.to_owned()));
    list(
        &mut text,
        "By product",
        entry.product_checks.iter().map(|(p, check)| format!("{}: {check}", p.name())),
    );
    text
}

/// One line per code.
fn table() -> String {
    let mut text = String::new();
    let groups: [(&str, Vec<&Entry>); 4] = [
        ("Statuses", catalogue::statuses().collect()),
        ("Envoy response flags (envoy FLAG)", catalogue::envoy_flags().collect()),
        ("HAProxy termination states (haproxy STATE)", catalogue::haproxy_states().collect()),
        ("ALB error reasons (alb REASON)", catalogue::alb_error_reasons().collect()),
    ];
    for (title, entries) in groups {
        text += title;
        text.push('\n');
        let width = entries.iter().map(|e| e.key.len()).max().unwrap_or(0);
        for e in entries {
            cut(&mut text, &format!("  {:width$}  {:6}  {}", e.key, e.side.name(), e.title));
        }
        text.push('\n');
    }
    text += "Causes (cause NAME)\n";
    for e in catalogue::causes() {
        cut(&mut text, &format!("  {:19}  {:9}  {}", e.cause.name(), e.tendency.name(), e.title));
    }
    text
}

/// A line, cut to the width.
fn cut(text: &mut String, line: &str) {
    text.extend(line.chars().take(WIDTH));
    text.push('\n');
}

fn list(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_some() {
        *text += &["\n", title, ":\n"].concat();
        items.for_each(|item| wrap(text, "  - ", &item));
    }
}

fn unknown(kind: &str, asked: &str, known: impl Iterator<Item = &'static Entry>) -> String {
    suggest(kind, asked, known.map(|e| e.key))
}

/// A sentence with up to three known names that are near.
fn suggest(kind: &str, asked: &str, known: impl Iterator<Item = &'static str>) -> String {
    let asked: String = asked.chars().take(40).collect();
    let mut near: Vec<_> = known.filter_map(|k| Some((unlike(&asked, k)?, k.len(), k))).collect();
    near.sort_unstable();
    let names: Vec<&str> = near.iter().take(3).map(|n| n.2).collect();
    let hint = match names[..] {
        [] => "without arguments all are listed".to_owned(),
        _ => format!("near it: {}", names.join(", ")),
    };
    format!("no {kind} {asked:?} in the catalogue; {hint}")
}

/// How many letters of `asked` the other name has neither at its head nor at its tail; `None` where that is more
/// than half of them.
fn unlike(asked: &str, other: &str) -> Option<usize> {
    let lower = |s: &str| s.to_lowercase().chars().collect::<Vec<_>>();
    let (a, b) = (lower(asked), lower(other));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let unlike = a.len() - head - tail;
    (unlike * 2 <= a.len()).then_some(unlike)
}
