//! The crate `sonic-rs`: the keys that counting needs out of Istio's JSON, borrowed where they can be, requests per status.

use std::borrow::Cow;
use std::error::Error;

use serde::Deserialize;
use side_by_side::lines::each_line;
use side_by_side::statuses::Statuses;

#[derive(Deserialize)]
struct Record<'a> {
    response_code: u16,
    #[serde(borrow)]
    start_time: Cow<'a, str>,
    #[serde(borrow)]
    upstream_cluster: Option<Cow<'a, str>>,
    duration: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let mut statuses = Statuses::default();
    each_line(path, |line| match sonic_rs::from_slice::<Record<'_>>(line) {
        Ok(record) => {
            std::hint::black_box((&record.start_time, &record.upstream_cluster, record.duration));
            statuses.add(record.response_code);
        }
        Err(_) => statuses.refuse(),
    })?;
    statuses.print()?;
    Ok(())
}
