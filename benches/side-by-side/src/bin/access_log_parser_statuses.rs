//! The crate `access_log_parser`: every line of a combined log parsed, requests per status.

use std::error::Error;

use access_log_parser::{LogEntry, LogType, parse};
use side_by_side::lines::each_line;
use side_by_side::statuses::Statuses;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let mut statuses = Statuses::default();
    each_line(path, |line| {
        let entry = std::str::from_utf8(line).ok().and_then(|line| parse(LogType::CombinedLog, line).ok());
        match entry {
            Some(LogEntry::CombinedLog(entry)) => statuses.add(entry.status_code.as_u16()),
            _ => statuses.refuse(),
        }
    })?;
    statuses.print()?;
    Ok(())
}
