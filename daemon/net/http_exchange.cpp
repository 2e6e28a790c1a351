// The only file of the daemon's library that knows Beast: it costs much to compile.
#include "net/http_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace paynamed::net {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
// What a server may say before its answer (RFC 9110 section 15.2).
constexpr int kMostInterim = 8;

// The beginning of a body, as a Body of Beast. What does not fit ends the reading with body_limit.
struct BoundedBody {
  struct value_type {
    std::string text;
    std::size_t most = 0;
  };

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>& /*header*/, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>& length, error_code& error) {
      error = {};
      if (length) body_.text.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, body_.most)));
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
        const asio::const_buffer part{*at};
        const std::size_t fits = std::min(part.size(), body_.most - body_.text.size());
        body_.text.append(static_cast<const char*>(part.data()), fits);
        taken += fits;
        if (fits < part.size()) {
          error = http::error::body_limit;
          return taken;
        }
      }
      return taken;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

using Answer = http::response<BoundedBody>;
using Parser = http::response_parser<BoundedBody>;

std::string_view text_of(beast::string_view text) {
  return {text.data(), text.size()};
}

HttpResponse to_response(Answer& answer) {
  HttpResponse response;
  response.status = answer.result_int();
  for (const auto& field : answer) {
    std::string& value = response.headers[lower_case(text_of(field.name_string()))];
    if (!value.empty()) value += ", ";
    value += text_of(field.value());
  }
  response.body = std::move(answer.body().text);
  return response;
}

// Of a whole status line at the beginning of what was read (RFC 9112 section 4); 0 without one. Beast reads a
// status line that did not come in one piece only when the headers are whole.
unsigned status_in(const beast::flat_buffer& buffer) {
  const auto data = buffer.data();
  const std::string_view text{static_cast<const char*>(data.data()), data.size()};
  const std::string_view line = text.substr(0, text.find("\r\n"));
  const auto is_digit = [&](std::size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  if (line.size() == text.size() || line.size() < 12 || !line.starts_with("HTTP/1.")) return 0;
  if ((line[7] != '0' && line[7] != '1') || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return 0;
  if (!is_digit(9) || !is_digit(10) || !is_digit(11)) return 0;
  return static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
}

bool hung_up(error_code error) {
  return TlsConnection::is_closed(error) || error == http::error::end_of_stream ||
         error == http::error::partial_message;
}

}  // namespace

struct HttpExchange::Going {
  http::request<http::string_body> message;
  std::string tunnel_to;  // "host:port" for a proxy's CONNECT; empty: no tunnel
  std::size_t most_body_bytes = 0;
  std::size_t most_header_bytes = 0;
  bool has_no_body = false;  // the answer, as that to HEAD
  bool truncate = false;

  void prepare(Parser& parser) const {
    parser.header_limit(static_cast<std::uint32_t>(most_header_bytes));
    parser.skip(has_no_body);
    parser.get().body().most = most_body_bytes;
    // So that it is known whether a status line was read.
    parser.get().result(0U);
    if (truncate) {
      parser.body_limit(boost::none);
    } else {
      parser.body_limit(most_body_bytes);
    }
  }

  base::Status explain(const TlsConnection& connection, error_code error) const {
    const std::string& who = connection.peer().shown;
    if (error == http::error::body_limit) {
      return base::out_of_range(
          fmt::format("the answer of {} is larger than {} bytes and was not taken", who, most_body_bytes));
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return base::out_of_range(
          fmt::format("the headers of the answer of {} are larger than {} bytes", who, most_header_bytes));
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message) {
      error = asio::error::eof;
    }
    if (error.category() == make_error_code(http::error::bad_version).category()) {
      return base::data_loss(fmt::format("the answer of {} is not HTTP/1.1 ({})", who, error.message()));
    }
    return connection.explain(TlsConnection::Phase::kReceive, error);
  }

  template <class Stream>
  asio::awaitable<Exchanged> exchange_on(Stream& stream, TlsConnection& connection);
};

template <class Stream>
asio::awaitable<Exchanged> HttpExchange::Going::exchange_on(Stream& stream, TlsConnection& connection) {
  Exchanged out;
  out.sent = true;
  const auto [not_sent, sent] = co_await http::async_write(stream, message, kAsTuple);
  if (not_sent) {
    // It may have answered before it closed, but an answer to half a request is worth nothing.
    out.unanswered = hung_up(not_sent);
    out.result = base::fail(connection.explain(TlsConnection::Phase::kSend, not_sent));
    co_return out;
  }
  // Bounds what a chunk's extensions and trailers may take, which the parser does not count.
  beast::flat_buffer buffer{most_header_bytes * 2};
  std::optional<Parser> parser;
  for (int interim = 0; interim < kMostInterim; ++interim) {
    parser.emplace();
    prepare(*parser);
    const auto [failed, got] = co_await http::async_read(stream, buffer, *parser, kAsTuple);
    unsigned status = parser->get().result_int();
    if (failed && truncate && status == 0) {
      status = status_in(buffer);
      parser->get().result(status);
    }
    if (failed && truncate && status >= 200) {
      out.result = to_response(parser->get());
      co_return out;
    }
    if (failed) {
      out.unanswered = interim == 0 && !parser->got_some() && hung_up(failed);
      out.result = base::fail(explain(connection, failed));
      co_return out;
    }
    if (status >= 200 || status == 101) break;
  }
  if (parser->get().result_int() < 200) {
    out.result = base::fail(
        base::data_loss(fmt::format("{} gave no answer, only interim ones", connection.peer().shown)));
    co_return out;
  }
  out.keeps = parser->get().keep_alive() && buffer.size() == 0 && connection.is_quiet();
  out.result = to_response(parser->get());
  co_return out;
}

namespace {

// Asks the proxy for a connection to `authority`; what comes behind its answer is the server's.
asio::awaitable<base::Status> tunnel(TlsConnection& connection, std::string authority,
                                     std::size_t most_header_bytes) {
  const std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", authority);
  const auto [not_sent, sent] =
      co_await asio::async_write(connection.plain(), asio::buffer(request), kAsTuple);
  if (not_sent) co_return connection.explain(TlsConnection::Phase::kConnect, not_sent);
  beast::flat_buffer buffer{most_header_bytes};
  http::response_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(most_header_bytes));
  parser.skip(true);
  const auto [failed, got] = co_await http::async_read_header(connection.plain(), buffer, parser, kAsTuple);
  if (failed) co_return connection.explain(TlsConnection::Phase::kConnect, failed);
  const unsigned status = parser.get().result_int();
  if (status / 100 == 2 && buffer.size() == 0) co_return base::Status{};
  connection.close();
  co_return base::unavailable(
      fmt::format("{} cannot be reached: the proxy answered {} to CONNECT", connection.peer().shown, status));
}

}  // namespace

HttpExchange::HttpExchange(const HttpUrl& url, HttpRequest request, std::size_t most_header_bytes)
    : going_(new Going) {
  going_->most_body_bytes = request.most_body_bytes;
  going_->most_header_bytes = most_header_bytes;
  going_->has_no_body = request.method == "HEAD";
  going_->truncate = request.truncate;
  auto& message = going_->message;
  message.version(11);
  message.method_string(beast::string_view{request.method.data(), request.method.size()});
  message.target(url.target());
  if (request.proxy && url.tls) {
    const bool v6 = url.host.find(':') != url.host.npos;
    going_->tunnel_to = fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), url.host, url.port);
  } else if (request.proxy) {
    message.target(fmt::format("http://{}{}", url.authority(), url.target()));
  }
  message.set(http::field::host, url.authority());
  message.set(http::field::user_agent, "paynamed");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = std::move(request.body);
  message.prepare_payload();
}

HttpExchange::~HttpExchange() = default;

asio::awaitable<base::Status> HttpExchange::open(TlsConnection& connection,
                                                 std::vector<asio::ip::tcp::endpoint> endpoints) const {
  base::Status opened = co_await connection.connect(std::move(endpoints));
  if (opened.ok() && !going_->tunnel_to.empty()) {
    auto tunnelling = tunnel(connection, going_->tunnel_to, going_->most_header_bytes);
    opened = co_await std::move(tunnelling);
  }
  if (opened.ok() && connection.peer().tls) opened = co_await connection.secure();
  co_return opened;
}

asio::awaitable<Exchanged> HttpExchange::run(std::shared_ptr<HttpExchange> exchange,
                                             std::shared_ptr<TlsConnection> connection, OpenAt open_at,
                                             base::MonotonicTime end, base::Duration timeout) {
  co_await asio::this_coro::throw_if_cancelled(false);
  connection->end_at(end, timeout);
  Exchanged out;
  base::Status opened;
  if (open_at) opened = co_await exchange->open(*connection, std::move(*open_at));
  if (!opened.ok()) {
    out.result = base::fail(std::move(opened));
  } else if (connection->peer().tls) {
    out = co_await exchange->going_->exchange_on(connection->tls(), *connection);
  } else {
    out = co_await exchange->going_->exchange_on(connection->plain(), *connection);
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (!out.result && cancelled != asio::cancellation_type::none) {
    out.result =
        base::fail(base::cancelled(fmt::format("the request to {} was cancelled", connection->peer().shown)));
    out.unanswered = false;
  }
  connection->rest();
  if (!out.result || !out.keeps) connection->close();
  co_return out;
}

}  // namespace paynamed::net
