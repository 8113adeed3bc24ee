//! The crate `accesslog`: every line parsed by the server's own format text, requests per status.
//!
//! `accesslog_statuses FORMAT FILE`, with an nginx `log_format`'s text.

use std::error::Error;

use accesslog::Format;
use side_by_side::lines::each_line;
use side_by_side::statuses::Statuses;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let text = arguments.next().ok_or("which format?")?;
    let path = arguments.next().ok_or("which file?")?;
    let format = Format::nginx(&text).map_err(|error| error.to_string())?;
    let mut statuses = Statuses::default();
    each_line(path, |line| match format.parse(line).ok().and_then(|record| record.status()) {
        Some(status) => statuses.add(status),
        None => statuses.refuse(),
    })?;
    statuses.print()?;
    Ok(())
}
