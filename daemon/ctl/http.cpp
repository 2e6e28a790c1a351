// The only file that knows Beast: it costs much to compile.
#include "ctl/http.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
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

HttpRequest make_request(const Url& url, const std::string& key, const HttpCall& call) {
  HttpRequest request{http::string_to_verb(call.method), url.prefix + call.target, 11};
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "paynamectl");
  request.set(http::field::accept, "application/json, application/problem+json");
  if (!key.empty()) request.set(http::field::authorization, "Bearer " + key);
  if (!call.body.empty()) request.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : call.headers) request.set(name, value);
  request.body() = call.body;
  request.prepare_payload();
  request.keep_alive(false);
  return request;
}

template <class Stream>
asio::awaitable<HttpReply> exchange(Stream& stream, HttpRequest& request) {
  co_await http::async_write(stream, request, use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxReplyBytes);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  HttpReply reply;
  reply.status = parser.get().result_int();
  for (const auto& field : parser.get()) {
    std::string name{field.name_string().data(), field.name_string().size()};
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    reply.headers[name] = std::string{field.value().data(), field.value().size()};
  }
  reply.body = std::move(parser.get().body());
  co_return reply;
}

asio::awaitable<HttpReply> run(const Url& url, const std::string& key, const HttpCall& call) {
  HttpRequest request = make_request(url, key, call);
  asio::ip::tcp::resolver resolver{co_await asio::this_coro::executor};
  const auto endpoints = co_await resolver.async_resolve(url.host, url.port, use_awaitable);
  beast::tcp_stream tcp{co_await asio::this_coro::executor};
  tcp.expires_after(call.timeout);
  co_await tcp.async_connect(endpoints, use_awaitable);
  if (!url.tls) {
    HttpReply reply = co_await exchange(tcp, request);
    co_return reply;
  }
  asio::ssl::context context{asio::ssl::context::tls_client};
  context.set_default_verify_paths();
  beast::ssl_stream<beast::tcp_stream> tls{std::move(tcp), context};
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_verify_callback(asio::ssl::host_name_verification{url.host});
  boost::system::error_code no_address;
  asio::ip::make_address(url.host, no_address);
  if (no_address) {
    // Server names are names (RFC 6066 section 3). OpenSSL's macro for this has a cast that our warnings
    // refuse.
    std::string name = url.host;
    SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  beast::get_lowest_layer(tls).expires_after(call.timeout);
  co_await tls.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  HttpReply reply = co_await exchange(tls, request);
  co_return reply;
}

}  // namespace

base::Result<HttpReply> HttpConnection::send(const HttpCall& call) {
  base::Result<HttpReply> out{base::fail(base::unavailable("no answer"))};
  const auto failed = [&](const std::string& why) {
    out = base::fail(base::unavailable(
        fmt::format("cannot reach the daemon at {}://{} ({}); is it running, and is --url right?",
                    url_.tls ? "https" : "http", url_.authority, why)));
  };
  try {
    asio::io_context context{1};
    asio::co_spawn(context, run(url_, key_, call), [&](std::exception_ptr error, HttpReply reply) {
      if (!error) {
        out = std::move(reply);
        return;
      }
      try {
        std::rethrow_exception(error);
      } catch (const boost::system::system_error& problem) {
        failed(problem.code() == beast::error::timeout ? "it did not answer in time"
                                                       : problem.code().message());
      } catch (const std::exception& problem) {
        failed(problem.what());
      }
    });
    context.run();
  } catch (const std::exception& problem) {
    failed(problem.what());
  }
  return out;
}

}  // namespace paynamed::ctl
