//! Access logs of Apache httpd.

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of `combined`, all its columns; formats that begin with the same columns fit too.
    CombinedRecord of Apache;
    /// Address or name of the client.
    host: value -> Value<'a> = 0 "%h",
    /// What identd says.
    logname: value -> Value<'a> = 1 "%l",
    /// The user, by authentication.
    user: value -> Value<'a> = 2 "%u",
    /// When the request came in.
    time: time -> Timestamp = 3 "%t",
    /// The request line.
    request: value -> Value<'a> = 4 "%r",
    /// Status to the client, of the last request of internal redirects.
    status: status -> Status = 5 "%>s",
    /// Bytes of the body; `None` for none (`-`).
    bytes: integer -> u64 = 6 "%b",
    /// `Referer`.
    referer: value -> Value<'a> = 7 "%{Referer}i",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 8 "%{User-Agent}i",
}
