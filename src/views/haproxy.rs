//! Logs of HAProxy.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of `option httplog`, all its columns by the names of HAProxy's manual.
    ///
    /// Source: HAProxy's `configuration.txt`, section 8.2.3, "HTTP log format". `option httpslog` begins with the same
    /// columns and fits too.
    ///
    /// ```
    /// use brownout::haproxy::HttpRecord;
    /// use brownout::formats::{Known, by_name};
    /// use brownout::{Format, Line, Spans};
    /// use std::time::Duration;
    ///
    /// let line = br#"127.0.0.1:53692 [22/Nov/2026:07:18:39.364] fe_http b_redisp/live 0/0/0/1/1 200 59 - - ---- 1/1/0/0/+1 0/0 "GET /redisp/200 HTTP/1.1""#;
    /// let Some(Known::Text(format)) = by_name("haproxy") else { panic!("a preset") };
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let haproxy = HttpRecord::new(record).unwrap();
    /// assert_eq!(haproxy.client_ip().unwrap(), b"127.0.0.1");
    /// assert_eq!(haproxy.client_port(), Some(53692));
    /// assert_eq!(haproxy.server_name().unwrap().raw(), b"live");
    /// assert_eq!(haproxy.response_time(), Some(Duration::from_millis(1)));
    /// assert_eq!(haproxy.retries(), Some(1));
    /// assert!(haproxy.is_redispatched());
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    HttpRecord of Haproxy;
    /// `%ci:%cp`: address and port of the client.
    client: value -> Value<'a> = 0 "%ci:%cp",
    /// `%tr`: when the first byte of the request came in. It has no zone: see
    /// [`Template::with_utc_offset`](crate::Template::with_utc_offset).
    request_date: time -> Timestamp = 1 "%tr",
    /// `%ft`: the frontend, with `~` behind it where TLS was used.
    frontend_name: value -> Value<'a> = 2 "%ft",
    /// `%b`: the backend; the frontend again where none was chosen.
    backend_name: value -> Value<'a> = 3 "%b",
    /// `%s`: the server; `<NOSRV>` where none was asked.
    server_name: value -> Value<'a> = 4 "%s",
    /// `%TR`: to receive the whole request header; `None` where it never came whole (`-1`).
    request_time: duration -> Duration = 5 "%TR",
    /// `%Tw`: in queues; `None` where the request left before (`-1`).
    queue_time: duration -> Duration = 6 "%Tw",
    /// `%Tc`: to connect to the server, retries included; `None` where no connection came about (`-1`).
    connect_time: duration -> Duration = 7 "%Tc",
    /// `%Tr`: to the server's response header; `None` where none came (`-1`).
    response_time: duration -> Duration = 8 "%Tr",
    /// `%Ta`: the whole request, from its first byte to the last of the response.
    active_time: duration -> Duration = 9 "%Ta",
    /// `%ST`: status to the client; 0 where none was sent (`-1`).
    status_code: status -> Status = 10 "%ST",
    /// `%B`: bytes to the client, header included.
    bytes_read: integer -> u64 = 11 "%B",
    /// `%CC`: a captured cookie of the request, `name=value`.
    captured_request_cookie: value -> Value<'a> = 12 "%CC",
    /// `%CS`: a captured cookie of the response.
    captured_response_cookie: value -> Value<'a> = 13 "%CS",
    /// `%tsc`: how the session ended, four letters; see
    /// [`catalogue::haproxy_state`](crate::catalogue::haproxy_state).
    termination_state: value -> Value<'a> = 14 "%tsc",
    /// `%ac`: connections of the process.
    actconn: integer -> u64 = 15 "%ac",
    /// `%fc`: connections of the frontend.
    feconn: integer -> u64 = 16 "%fc",
    /// `%bc`: connections of the backend.
    beconn: integer -> u64 = 17 "%bc",
    /// `%sc`: connections of the server.
    srv_conn: integer -> u64 = 18 "%sc",
    /// `%rc`: retries of the connection to the server.
    retries: integer -> u64 = 19 "%rc",
    /// `%sq`: requests before this one in the server's queue.
    srv_queue: integer -> u64 = 20 "%sq",
    /// `%bq`: requests before this one in the backend's queue.
    backend_queue: integer -> u64 = 21 "%bq",
    /// `%hr`: captured headers of the request, `{a|b}`; `None` where nothing is captured.
    captured_request_headers: value -> Value<'a> = 22 "%hr",
    /// `%hs`: captured headers of the response, `{a|b}`; `None` where nothing is captured.
    captured_response_headers: value -> Value<'a> = 23 "%hs",
    /// `%r`: the request line; `<BADREQ>` where it could not be read.
    http_request: value -> Value<'a> = 24 "%r",
}

impl<'a> HttpRecord<'a> {
    /// `%ci`: the client's address.
    pub fn client_ip(&self) -> Option<&'a [u8]> {
        self.client_parts().map(|(ip, _)| ip)
    }

    /// `%cp`: the client's port; `None` for UNIX sockets, where HAProxy writes the number of the listener.
    pub fn client_port(&self) -> Option<u16> {
        let (ip, port) = self.client_parts()?;
        if ip == b"unix" { None } else { std::str::from_utf8(port).ok()?.parse().ok() }
    }

    /// The retries ended with a switch to another server (`+` before `%rc`): they were not this server's.
    pub fn is_redispatched(&self) -> bool {
        self.0.column(19).is_some_and(|retries| retries.raw().starts_with(b"+"))
    }

    /// IPv6 addresses have colons of their own; the last one is before the port.
    fn client_parts(&self) -> Option<(&'a [u8], &'a [u8])> {
        let raw = self.client()?.raw();
        let colon = memchr::memrchr(b':', raw)?;
        Some((raw.get(..colon)?, raw.get(colon + 1..)?))
    }
}

view! {
    /// A line of `option tcplog`, all its columns: a connection, without a status.
    ///
    /// Source: HAProxy's configuration manual, "TCP log format".
    TcpRecord of Haproxy;
    /// Address and port of the client.
    client: value -> Value<'a> = 0 "%ci:%cp",
    /// When the connection came in. It has no zone: see [`Template::with_utc_offset`](crate::Template::with_utc_offset).
    accept_date: time -> Timestamp = 1 "%t",
    /// The frontend.
    frontend_name: value -> Value<'a> = 2 "%ft",
    /// The backend.
    backend_name: value -> Value<'a> = 3 "%b",
    /// The server; `<NOSRV>` where none was asked.
    server_name: value -> Value<'a> = 4 "%s",
    /// In queues; `None` where the connection left before (`-1`).
    queue_time: duration -> Duration = 5 "%Tw",
    /// To connect to the server; `None` where it did not come about (`-1`).
    connect_time: duration -> Duration = 6 "%Tc",
    /// The whole session.
    total_time: duration -> Duration = 7 "%Tt",
    /// Bytes to the client.
    bytes_read: integer -> u64 = 8 "%B",
    /// How the session ended, two letters.
    termination_state: value -> Value<'a> = 9 "%ts",
    /// Connections of the process.
    actconn: integer -> u64 = 10 "%ac",
    /// Connections of the frontend.
    feconn: integer -> u64 = 11 "%fc",
    /// Connections of the backend.
    beconn: integer -> u64 = 12 "%bc",
    /// Connections of the server.
    srv_conn: integer -> u64 = 13 "%sc",
    /// Retries of the connection to the server.
    retries: integer -> u64 = 14 "%rc",
    /// Connections before this one in the server's queue.
    srv_queue: integer -> u64 = 15 "%sq",
    /// Connections before this one in the backend's queue.
    backend_queue: integer -> u64 = 16 "%bq",
}
