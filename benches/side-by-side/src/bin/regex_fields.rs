//! The crate `regex`: every field of a line captured, requests per status.
//!
//! `regex_fields FORMAT FILE`

use std::error::Error;

use regex::bytes::Regex;
use side_by_side::lines::each_line;
use side_by_side::statuses::Statuses;

/// Each format's expression; the group `status` is counted.
const FORMATS: [(&str, &str); 6] = [
    (
        "nginx-combined",
        r#"^(\S+) - (\S+) \[([^\]]+)\] "([^"]*)" (?<status>\d{3}) (\d+) "([^"]*)" "([^"]*)"$"#,
    ),
    (
        "nginx",
        r#"^(\S+) - (\S+) \[([^\]]+)\] "([^"]*)" (?<status>\d{3}) (\d+) "([^"]*)" "([^"]*)" rt=(\S+) uct="([^"]*)" uht="([^"]*)" urt="([^"]*)" us="([^"]*)" ua="([^"]*)" un="([^"]*)"$"#,
    ),
    (
        "envoy",
        r#"^\[([^\]]+)\] "([^"]*)" (?<status>\d+) (\S+) (\d+) (\d+) (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)"$"#,
    ),
    (
        "alb",
        r#"^(\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (?<status>\S+) (\S+) (\d+) (\d+) "([^"]*)" "([^"]*)" (\S+) (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)" (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" (\S+) "([^"]*)" "([^"]*)" "([^"]*)"$"#,
    ),
    (
        "haproxy",
        r#"^(\S+):(\d+) \[([^\]]+)\] (\S+) ([^/ ]+)/(\S+) ([-\d]+)/([-\d]+)/([-\d]+)/([-\d]+)/(\+?[-\d]+) (?<status>[-\d]+) (\+?\d+) (\S+) (\S+) (\S{4}) (\d+)/(\d+)/(\d+)/(\d+)/(\+?\d+) (\d+)/(\d+) "([^"]*)"$"#,
    ),
    (
        "haproxy-syslog",
        r#"^(\w{3} [ \d]\d \S+) (\S+) ([^\[]+)\[(\d+)\]: (\S+):(\d+) \[([^\]]+)\] (\S+) ([^/ ]+)/(\S+) ([-\d]+)/([-\d]+)/([-\d]+)/([-\d]+)/(\+?[-\d]+) (?<status>[-\d]+) (\+?\d+) (\S+) (\S+) (\S{4}) (\d+)/(\d+)/(\d+)/(\d+)/(\+?\d+) (\d+)/(\d+) \{([^}]*)\} \{([^}]*)\} "([^"]*)"$"#,
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("which format?")?;
    let path = arguments.next().ok_or("which file?")?;
    let (_, pattern) = FORMATS.iter().find(|format| format.0 == name).ok_or("no such format")?;
    // Without Unicode: bytes are matched, which is faster.
    let regex = Regex::new(&format!("(?-u){pattern}"))?;
    let mut groups = regex.capture_locations();
    let status = regex.capture_names().position(|name| name == Some("status")).ok_or("no status")?;
    let mut statuses = Statuses::default();
    each_line(path, |line| match regex.captures_read(&mut groups, line).and_then(|_| groups.get(status)) {
        Some((from, to)) => statuses.add_digits(&line[from..to]),
        None => statuses.refuse(),
    })?;
    statuses.print()?;
    Ok(())
}
