//! The formats the products come with, written in their own languages.

/// nginx `combined`: built in, and the default of `access_log`.
pub(crate) const NGINX_COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// nginx `main`: the format in the configuration file of the nginx.org packages.
pub(crate) const NGINX_MAIN: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for""#;

/// `combined` with what the upstreams did: the shape most guides recommend, and the one this project suggests.
pub(crate) const NGINX_UPSTREAM: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host""#;

/// nginx in the common log format.
pub(crate) const NGINX_COMMON: &str =
    r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#;

/// `combined` without the user.
pub(crate) const NGINX_ANONYMOUS: &str =
    r#"$remote_addr - [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// The stream module's `basic`, from the documentation of `ngx_stream_log_module`: TCP and UDP sessions.
pub(crate) const NGINX_STREAM: &str =
    "$remote_addr [$time_local] $protocol $status $bytes_sent $bytes_received $session_time";

/// The same module's `proxy`, from the same place.
pub(crate) const NGINX_STREAM_PROXY: &str = r#"$remote_addr [$time_local] $protocol $status $bytes_sent $bytes_received $session_time "$upstream_addr" "$upstream_bytes_sent" "$upstream_bytes_received" "$upstream_connect_time""#;

/// `combined` behind the name of the host, as many serve several sites.
pub(crate) const NGINX_VHOST: &str = r#"$host $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// `combined` with the list of `X-Forwarded-For` in the place of the client: nginx behind another proxy.
pub(crate) const NGINX_FORWARDED: &str = r#"$http_x_forwarded_for - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// The same behind the name of the host.
pub(crate) const NGINX_VHOST_FORWARDED: &str = r#"$host $http_x_forwarded_for - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// Nginx Proxy Manager `proxy` (`rootfs/etc/nginx/nginx.conf` of its image); its `$server` is the host asked.
pub(crate) const NGINX_PROXY_MANAGER: &str = r#"[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $proxy_host] "$http_user_agent" "$http_referer""#;

/// Nginx Proxy Manager `standard`: hosts that are not proxied.
pub(crate) const NGINX_PROXY_MANAGER_HOST: &str = r#"[$time_local] $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] "$http_user_agent" "$http_referer""#;

/// `NPMplus`, a descendant of Nginx Proxy Manager.
pub(crate) const NPMPLUS: &str = r#"[$time_local] $host $remote_addr $request_time "$request" $status $body_bytes_sent $bytes_sent $http_referer $http_user_agent"#;

/// ingress-nginx `upstreaminfo`, since September 2019.
pub(crate) const INGRESS_NGINX: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#;

/// ingress-nginx `upstreaminfo`, June to September 2019: the client's address twice.
pub(crate) const INGRESS_NGINX_REAL_IP: &str = r#"$the_real_ip - [$the_real_ip] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#;

/// ingress-nginx `upstreaminfo`, April 2018 to June 2019: no canary's group yet.
pub(crate) const INGRESS_NGINX_ONE_NAME: &str = r#"$the_real_ip - [$the_real_ip] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#;

/// ingress-nginx `upstreaminfo`, before April 2018: no request id yet.
pub(crate) const INGRESS_NGINX_NO_ID: &str = r#"$the_real_ip - [$the_real_ip] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status"#;

/// ingress-nginx `upstreaminfo` behind the name of the host.
pub(crate) const INGRESS_NGINX_VHOST: &str = r#"$host $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#;

/// Envoy's default text format; Contour and older Envoy Gateways write it too.
pub(crate) const ENVOY_DEFAULT: &str = r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%""#;

/// Envoy's default with a word before it, as Ambassador writes it.
pub(crate) const ENVOY_AMBASSADOR: &str = r#"ACCESS [%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%""#;

/// Istio's text format, since 1.9.
pub(crate) const ISTIO: &str = r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%"#;

/// HAProxy `option httplog`, since 1.7.
pub(crate) const HAPROXY_HTTP: &str = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";

/// HAProxy `option httpslog`, since 2.5.
pub(crate) const HAPROXY_HTTPS: &str = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc";

/// `option httplog` with a variable behind the server, usually the host asked for.
pub(crate) const HAPROXY_HOST: &str = "%ci:%cp [%tr] %ft %b/%s %[var(txn.host)] %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";

/// HAProxy `option tcplog`.
pub(crate) const HAPROXY_TCP: &str = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

/// HAProxy `option httplog clf`.
pub(crate) const HAPROXY_CLF: &str = r#"%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl"#;

/// Apache `common`.
pub(crate) const APACHE_COMMON: &str = r#"%h %l %u %t "%r" %>s %b"#;

/// Apache `common` with tabs for the blanks.
pub(crate) const APACHE_COMMON_TABS: &str = r#"%h\t%l\t%u\t%t\t"%r"\t%>s\t%b"#;

/// Apache `combined`; Debian's has `%O` for `%b`, which looks the same.
pub(crate) const APACHE_COMBINED: &str = r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;

/// Apache `vhost_combined`.
pub(crate) const APACHE_VHOST: &str = r#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#;

/// `vhost_combined` as many write it, without the port.
pub(crate) const APACHE_VHOST_NAME: &str = r#"%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;

/// `combined` of a hosting company (Gandi): the host first, the duration in brackets.
pub(crate) const APACHE_GANDI: &str = r#"%v %h %l %u %t (%T s) "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;

/// `combined` of another (OVH): the host in the place of `%l`.
pub(crate) const APACHE_OVH: &str = r#"%h %v %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;

/// Apache `vhost_common`.
pub(crate) const APACHE_VHOST_COMMON: &str = r#"%v %h %l %u %t "%r" %>s %b"#;

/// `ssl_request_log` of Apache's own `httpd-ssl.conf`: there is no status in it.
pub(crate) const APACHE_SSL_REQUEST: &str = r#"%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b"#;
