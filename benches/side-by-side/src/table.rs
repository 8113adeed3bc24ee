//! The record as Markdown: a table per section, and a summary.

use std::fmt::Write as _;

use serde_json::Value;

use crate::sections::SECTIONS;

/// Figures of one contender in one section.
#[derive(Debug, Clone, Copy)]
struct Row<'a>(&'a Value);

impl Row<'_> {
    fn gigabytes(self) -> f64 {
        self.0["bytes"].as_f64().unwrap_or(f64::NAN) / 1e9
    }

    fn per_gigabyte(self, what: &str) -> Vec<f64> {
        let seconds = self.0[what].as_array().into_iter().flatten().filter_map(Value::as_f64);
        seconds.map(|seconds| seconds / self.gigabytes()).collect()
    }

    /// Median of CPU seconds per GB.
    fn cpu(self) -> f64 {
        median(self.per_gigabyte("cpu_s"))
    }

    fn wall(self) -> f64 {
        median(self.per_gigabyte("wall_s"))
    }

    fn peak_megabytes(self) -> f64 {
        self.0["peak_bytes"].as_f64().unwrap_or(f64::NAN) / 1e6
    }
}

/// How many times as much `of` takes as `to`: the median over rounds, each round compared with itself.
fn ratio(of: Row<'_>, to: Row<'_>, what: &str) -> f64 {
    let (of, to) = (of.per_gigabyte(what), to.per_gigabyte(what));
    median(of.iter().zip(&to).map(|(of, to)| of / to).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

fn row<'a>(section: &'a Value, key: &str) -> Option<Row<'a>> {
    section["contenders"].as_array()?.iter().find(|contender| contender["key"] == key).map(Row)
}

/// Three digits that count.
fn figure(value: f64) -> String {
    match value {
        v if !v.is_finite() => "–".into(),
        v if v >= 99.5 => format!("{v:.0}"),
        v if v >= 9.95 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

fn times(of: Option<Row<'_>>, to: Option<Row<'_>>) -> String {
    match (of, to) {
        (Some(of), Some(to)) => figure(ratio(of, to, "cpu_s")),
        _ => "–".into(),
    }
}

fn measured(record: &Value) -> impl Iterator<Item = (&'static str, &'static str, &Value)> {
    let sections = &record["sections"];
    SECTIONS
        .iter()
        .map(move |s| (s.key, s.title, &sections[s.key]))
        .filter(|(_, _, section)| section.is_object())
}

/// The whole record.
pub(crate) fn record(record: &Value) -> String {
    let mut text = String::from(
        "# brownout beside other readers\n\n\
         Written by `cargo run --release` in `benches/side-by-side`, from `side-by-side.json`. Whole processes over the \
         same files in the page cache, pinned to one core (two threads: to two); rounds in which all take turns, after \
         one that is not counted. CPU is user and system time; a GB is 10⁹ bytes; figures are medians, ratios are medians \
         of the rounds' own ratios. The logs are made by `examples/generate.rs`, the same bytes on every machine. Cost \
         per GB falls with the length of lines: compare within a table only.\n",
    );
    let _ = writeln!(text, "\n## Summary\n\n{}", summary(record));
    let mut known = &Value::Null;
    for (_, title, section) in measured(record) {
        let _ = write!(text, "\n## {title}\n\n{}", section_table(section));
        if section["versions"] != *known {
            known = &section["versions"];
            let _ = writeln!(text, "\nVersions, here and below: {}.", versions(known));
        }
    }
    text
}

fn section_table(section: &Value) -> String {
    let mut text = format!(
        "{}\n\n| who | CPU s per GB | times brownout | times `wc -l` | wall s per GB | peak MB | read | counts as brownout |\n\
         |---|---|---|---|---|---|---|---|\n",
        about(section)
    );
    let (own, wc) = (row(section, "brownout"), row(section, "wc"));
    for contender in section["contenders"].as_array().into_iter().flatten() {
        let this = Row(contender);
        let counts = match contender["counted_otherwise"].as_u64() {
            None => "–".to_owned(),
            Some(0) => "yes".to_owned(),
            Some(lines) => format!("but {lines} of {}", contender["requests"]),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.0} MB | {counts} |",
            contender["label"].as_str().unwrap_or("?"),
            figure(this.cpu()),
            times(Some(this), own),
            times(Some(this), wc),
            figure(this.wall()),
            figure(this.peak_megabytes()),
            this.gigabytes() * 1e3,
        );
    }
    if let Some(instructions) = section["instructions_per_line"].as_f64() {
        let _ = writeln!(
            text,
            "\ncallgrind: {instructions:.0} instructions a line for `triage --threads 1` (with AVX2: valgrind knows no AVX-512)."
        );
    }
    let missing: Vec<_> =
        section["missing"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !missing.is_empty() {
        let _ = writeln!(text, "\nNot installed here, so not measured: {}.", missing.join(", "));
    }
    text
}

fn about(section: &Value) -> String {
    let machine = &section["machine"];
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    format!(
        "{} bytes in {} lines ({} bytes a line); {} rounds on {}, {} with {}, {} cores, Linux {}, {}.",
        section["bytes"],
        section["lines"],
        figure(section["bytes"].as_f64().unwrap_or(f64::NAN) / section["lines"].as_f64().unwrap_or(f64::NAN)),
        section["rounds"],
        text(&section["date"]),
        text(&machine["processor"]),
        text(&machine["simd"]),
        machine["cores"],
        text(&machine["kernel"]),
        text(&machine["rustc"]),
    )
}

fn versions(versions: &Value) -> String {
    let all = versions.as_object().into_iter().flatten();
    let all: Vec<_> =
        all.map(|(name, version)| format!("{name}: {}", version.as_str().unwrap_or("?"))).collect();
    all.join("; ")
}

/// The table that README.md quotes.
pub(crate) fn summary(record: &Value) -> String {
    let mut text = String::from(
        "| log | bytes a line | `wc -l` | brownout | times `wc -l` | two threads, times faster | peak MB | others |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (_, title, section) in measured(record).filter(|(key, ..)| *key != "alb-gz") {
        let (Some(own), wc) = (row(section, "brownout"), row(section, "wc")) else { continue };
        let length =
            section["bytes"].as_f64().unwrap_or(f64::NAN) / section["lines"].as_f64().unwrap_or(f64::NAN);
        let faster = row(section, "brownout-2").map_or("–".into(), |two| figure(ratio(own, two, "wall_s")));
        let _ = writeln!(
            text,
            "| {title} | {length:.0} | {} | **{}** | {} | {faster} | {} | {} |",
            wc.map_or("–".into(), |wc| figure(wc.cpu())),
            figure(own.cpu()),
            times(Some(own), wc),
            figure(own.peak_megabytes()),
            others(section),
        );
    }
    let _ = write!(text, "\n{}\n\n{}", remarks(record), provenance(record));
    text
}

fn others(section: &Value) -> String {
    let rows = section["contenders"].as_array().into_iter().flatten().map(Row);
    let rows = rows.filter(|row| {
        let key = row.0["key"].as_str().unwrap_or_default();
        key != "wc" && !key.starts_with("brownout")
    });
    let short =
        |label: &str| label.split(',').next().unwrap_or(label).trim_start_matches("crate ").to_owned();
    let rows: Vec<_> = rows
        .map(|row| format!("{} {}", short(row.0["label"].as_str().unwrap_or("?")), figure(row.cpu())))
        .collect();
    rows.join(" · ")
}

/// Ratios that stand in no column.
fn remarks(record: &Value) -> String {
    let mut remarks = Vec::new();
    let section = |key: &str| &record["sections"][key];
    let mut add = |key: &str, of: &str, to: &str, words: &str| {
        if let (Some(of), Some(to)) = (row(section(key), of), row(section(key), to)) {
            remarks.push(words.replace("{}", &figure(ratio(of, to, "cpu_s"))));
        }
    };
    add(
        "nginx",
        "brownout-custom",
        "brownout",
        "nginx's `log_format` given as text takes {} times the built-in preset.",
    );
    add(
        "nginx",
        "brownout-every",
        "brownout-counted",
        "Every column through `Format::parse` takes {} times the columns that counting needs (nginx with upstream fields)",
    );
    add("alb", "brownout-every", "brownout-counted", "and {} times (ALB).");
    add(
        "alb-gz",
        "brownout",
        "decoder",
        "A folder of gzip files takes {} times the bare decoder on one thread",
    );
    add("alb-gz", "brownout-2", "decoder-2", "and {} times on two.");
    let instructions: Vec<_> = measured(record)
        .filter_map(|(_, title, section)| {
            Some(format!("{title} {:.0}", section["instructions_per_line"].as_f64()?))
        })
        .collect();
    if !instructions.is_empty() {
        remarks.push(format!("Instructions a line (callgrind, AVX2): {}.", instructions.join(", ")));
    }
    remarks.join(" ")
}

/// Where the figures are from, each place once.
fn provenance(record: &Value) -> String {
    let mut places: Vec<String> = measured(record)
        .map(|(_, _, section)| {
            let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
            let machine = &section["machine"];
            format!(
                "{} with {}, {} cores, Linux {}, {}, {}, {} rounds over logs of {:.0} MB",
                text(&machine["processor"]),
                text(&machine["simd"]),
                machine["cores"],
                text(&machine["kernel"]),
                text(&machine["rustc"]),
                text(&section["date"]),
                section["rounds"],
                section["size_mb"].as_f64().unwrap_or(f64::NAN),
            )
        })
        .collect();
    let mut known = std::collections::HashSet::new();
    places.retain(|place| known.insert(place.clone()));
    format!("CPU seconds per GB on one core. Measured on {}.", places.join("; and on "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Row, figure, median, ratio};

    #[test]
    fn medians_and_ratios() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![1.0, 2.0]) - 1.5).abs() < 1e-9);
        let (a, b) = (json!({"bytes": 2e9, "cpu_s": [2.0, 4.0]}), json!({"bytes": 1e9, "cpu_s": [0.5, 1.0]}));
        assert!((ratio(Row(&a), Row(&b), "cpu_s") - 2.0).abs() < 1e-9);
        assert_eq!([0.123, 9.949, 9.96, 99.6, f64::NAN].map(figure), ["0.12", "9.95", "10.0", "100", "–"]);
    }
}
