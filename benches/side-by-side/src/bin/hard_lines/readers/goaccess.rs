//! GoAccess, by its JSON report over a file of one line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Reader, find, version};
use crate::verdict::Reading;

pub(crate) struct Goaccess {
    program: PathBuf,
    scratch: PathBuf,
}

/// Formats of a line, a date and a time. Captured headers are another format than none.
fn format(name: &str, line: &[u8]) -> Option<[&'static str; 3]> {
    const CLF: [&str; 2] = ["%d/%b/%Y", "%T"];
    const ISO: [&str; 2] = ["%Y-%m-%d", "%T"];
    let (text, [date, time]) = match name {
        "nginx-combined" | "apache-combined" => ("COMBINED", ["", ""]),
        "nginx-upstream" => (r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u" rt=%T %^"#, CLF),
        "ingress-nginx" => (r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %^ %T [%v] %^"#, CLF),
        "alb" => ("AWSALB", ["", ""]),
        "envoy" => (r#"[%dT%t.%^] "%r" %s %^ %^ %b %L %^ "%h" "%u" %^"#, ISO),
        "haproxy" if line.contains(&b'{') => {
            (r#"%h:%^ [%d:%t.%^] %^ %^ %^ %s %b %^ %^ %^ %^ %^ {%^} {%^} "%r""#, CLF)
        }
        "haproxy" => (r#"%h:%^ [%d:%t.%^] %^ %^ %^ %s %b %^ %^ %^ %^ %^ "%r""#, CLF),
        _ => return None,
    };
    Some([text, date, time])
}

impl Goaccess {
    pub(crate) fn new(scratch: &Path) -> Option<Self> {
        Some(Self { program: find("goaccess")?, scratch: scratch.to_owned() })
    }

    /// Nothing where it did not answer.
    fn report(&self, [text, date, time]: [&str; 3], line: &[u8]) -> Option<Value> {
        let (input, output) = (self.scratch.join("goaccess.log"), self.scratch.join("goaccess.json"));
        fs::write(&input, [line, b"\n"].concat()).ok()?;
        let _ = fs::remove_file(&output);
        let mut command = Command::new(&self.program);
        command.args(["--no-global-config", "--no-progress", &format!("--log-format={text}")]);
        if !date.is_empty() {
            command.args([format!("--date-format={date}"), format!("--time-format={time}")]);
        }
        command.arg(format!("--output={}", output.display())).arg(&input);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).env("LC_ALL", "C");
        let status = command.status().ok()?;
        // A report of which nothing could be read is no crash.
        status.code()?;
        let report = fs::read(&output).unwrap_or_else(|_| b"{}".to_vec());
        serde_json::from_slice(&report).ok()
    }
}

fn fields(report: &Value) -> BTreeMap<&'static str, Option<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let status = text(&report["status_codes"]["data"][0]["items"][0]["data"]);
    let status = status.and_then(|text| text.split_whitespace().next().map(str::to_owned));
    // Codes that it has no name for it shows as "Unknown", in the right class.
    let status = status.filter(|status| status != "Unknown");
    let panels = ["requests", "not_found", "static_requests"];
    let request = panels.iter().map(|panel| &report[*panel]["data"][0]).find(|request| request.is_object());
    let of_request = |key: &str| request.and_then(|request| text(&request[key])).filter(|text| text != "---");
    let mut fields = BTreeMap::from([
        ("method", of_request("method")),
        ("target", of_request("data")),
        ("client", text(&report["hosts"]["data"][0]["data"])),
    ]);
    if status.is_some() {
        fields.insert("status", status);
    }
    fields
}

impl Reader for Goaccess {
    fn name(&self) -> String {
        format!("GoAccess {}", version(&self.program, "--version"))
    }

    fn read(&self, name: &str, _: &[u8], line: &[u8]) -> Reading {
        let Some(format) = format(name, line) else { return Reading::Unsupported };
        let Some(report) = self.report(format, line) else { return Reading::Crashed };
        if report["general"]["valid_requests"].as_u64() == Some(1) {
            Reading::Fields(fields(&report))
        } else {
            Reading::Refused
        }
    }
}
