// The only file that knows Beast: it costs much to compile.
#include "ctl/http.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace paynamed::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;

// A page of 1,000 events of the largest size.
constexpr std::uint64_t kMaxReplyBytes = 64ULL * 1024 * 1024;

using HttpRequest = http::request<http::string_body>;

HttpRequest make_request(const Url& url, const std::string& key, const HttpCall& call, bool keep_alive) {
  HttpRequest request{http::string_to_verb(call.method), url.prefix + call.target, 11};
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "paynamectl");
  request.set(http::field::accept, "application/json, application/problem+json");
  if (!key.empty()) request.set(http::field::authorization, "Bearer " + key);
  if (!call.body.empty()) request.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : call.headers) request.set(name, value);
  request.body() = call.body;
  request.prepare_payload();
  request.keep_alive(keep_alive);
  return request;
}

struct Exchanged {
  HttpReply reply;
  bool keep_alive = false;
};

template <class Stream>
asio::awaitable<Exchanged> exchange(Stream& stream, HttpRequest& request, beast::flat_buffer& buffer) {
  co_await http::async_write(stream, request, use_awaitable);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxReplyBytes);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  Exchanged done;
  done.keep_alive = request.keep_alive() && parser.get().keep_alive();
  HttpReply& reply = done.reply;
  reply.status = parser.get().result_int();
  for (const auto& field : parser.get()) {
    std::string name{field.name_string().data(), field.name_string().size()};
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    reply.headers[name] = std::string{field.value().data(), field.value().size()};
  }
  reply.body = std::move(parser.get().body());
  co_return done;
}

// Calls that several connections share.
struct Calls {
  const Url& url;
  const std::string& key;
  const std::vector<HttpCall>& all;
  std::vector<base::Result<HttpReply>>& replies;
  std::size_t next = 0;
};

std::string reason_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& problem) {
    return problem.code() == beast::error::timeout ? "it did not answer in time" : problem.code().message();
  } catch (const std::exception& problem) {
    return problem.what();
  }
}

base::Status unreachable(const Url& url, const std::string& why) {
  return base::unavailable(
      fmt::format("cannot reach the daemon at {}://{} ({}); is it running, and is --url right?",
                  url.tls ? "https" : "http", url.authority, why));
}

// One call after the other, until the server closes the connection or a call fails.
template <class Stream>
asio::awaitable<void> take_turns(Stream& stream, Calls& calls, std::size_t first) {
  beast::flat_buffer buffer;
  for (std::size_t at = first;; at = calls.next++) {
    if (at >= calls.all.size()) co_return;
    const HttpCall& call = calls.all[at];
    HttpRequest request = make_request(calls.url, calls.key, call, calls.next < calls.all.size());
    beast::get_lowest_layer(stream).expires_after(call.timeout);
    std::exception_ptr error;
    bool keep_alive = false;
    try {
      Exchanged done = co_await exchange(stream, request, buffer);
      keep_alive = done.keep_alive;
      calls.replies[at] = std::move(done.reply);
    } catch (...) {
      error = std::current_exception();
    }
    if (error) calls.replies[at] = base::fail(unreachable(calls.url, reason_of(error)));
    if (error || !keep_alive) co_return;
  }
}

asio::awaitable<void> connect_and_take_turns(Calls& calls, std::size_t first) {
  asio::ip::tcp::resolver resolver{co_await asio::this_coro::executor};
  const auto endpoints = co_await resolver.async_resolve(calls.url.host, calls.url.port, use_awaitable);
  beast::tcp_stream tcp{co_await asio::this_coro::executor};
  tcp.expires_after(calls.all[first].timeout);
  co_await tcp.async_connect(endpoints, use_awaitable);
  if (!calls.url.tls) {
    co_await take_turns(tcp, calls, first);
    co_return;
  }
  asio::ssl::context context{asio::ssl::context::tls_client};
  context.set_default_verify_paths();
  beast::ssl_stream<beast::tcp_stream> tls{std::move(tcp), context};
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_verify_callback(asio::ssl::host_name_verification{calls.url.host});
  boost::system::error_code no_address;
  asio::ip::make_address(calls.url.host, no_address);
  if (no_address) {
    // Server names are names (RFC 6066 section 3). OpenSSL's macro for this has a cast that our warnings
    // refuse.
    std::string name = calls.url.host;
    SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  beast::get_lowest_layer(tls).expires_after(calls.all[first].timeout);
  co_await tls.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_await take_turns(tls, calls, first);
}

// One connection after the other until no call is left.
asio::awaitable<void> work(Calls& calls) {
  while (calls.next < calls.all.size()) {
    const std::size_t first = calls.next++;
    std::exception_ptr error;
    try {
      co_await connect_and_take_turns(calls, first);
    } catch (...) {
      error = std::current_exception();
    }
    if (error) calls.replies[first] = base::fail(unreachable(calls.url, reason_of(error)));
  }
}

}  // namespace

std::vector<base::Result<HttpReply>> HttpConnection::send_all(const std::vector<HttpCall>& calls,
                                                              std::size_t at_once) {
  std::vector<base::Result<HttpReply>> replies(calls.size(), base::fail(unreachable(url_, "no answer")));
  Calls shared{url_, key_, calls, replies};
  asio::io_context context{1};
  for (std::size_t i = 0; i < std::min(at_once, calls.size()); ++i)
    asio::co_spawn(context, work(shared), asio::detached);
  context.run();
  return replies;
}

base::Result<HttpReply> HttpConnection::send(const HttpCall& call) {
  return std::move(send_all({call}, 1).front());
}

}  // namespace paynamed::ctl
