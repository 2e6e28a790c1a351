#include "connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cerrno>
#include <type_traits>
#include <utility>

#include "admission.hpp"
#include "bucket.hpp"
#include "client.hpp"
#include "frame_stream.hpp"
#include "http_answer.hpp"

namespace paynamed::websocket {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr std::uint32_t kMostHeaderBytes = 8'192;
constexpr std::size_t kScratchBytes = 128;
// Beast's own frames wait beyond that: a client that pings and does not read.
constexpr std::size_t kFull = 64 * 1024;
constexpr std::size_t kTlsChunk = 16 * 1024;
// In the kernel, before the outbox fills.
constexpr int kUnsentBytes = 128 * 1024;
// Pings, pongs and close frames cost the client little and have to be looked at.
constexpr double kControlsAtOnce = 20;
constexpr double kControlsPerSecond = 2;
// Beside what is in it, for a message in parts.
constexpr std::uint64_t kPartsBytes = 16 * 1024;
constexpr std::chrono::seconds kCloseTime{5};
constexpr std::chrono::seconds kLingerTime{2};
// "\x89": a ping (RFC 6455 section 5.5.2) without data.
constexpr std::string_view kPing{"\x89\0", 2};

template <class Stream>
class SocketConnection final : public Connection,
                               public Transport,
                               public FrameTaker,
                               public std::enable_shared_from_this<SocketConnection<Stream>> {
 public:
  template <class... Arguments>
  SocketConnection(Worker& worker, std::string peer, std::string place, Arguments&&... arguments)
      : worker_(worker),
        ws_(static_cast<FrameTaker&>(*this), std::forward<Arguments>(arguments)...),
        client_(worker, *this, std::move(peer)),
        place_(std::move(place)) {}

  void begin() {
    deadline_ = worker_.now() + worker_.settings().handshake_timeout;
    error_code ignored;
    tcp_socket().set_option(tcp::no_delay(true), ignored);
    tcp_socket().non_blocking(true, ignored);
    ::setsockopt(tcp_socket().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes,
                 sizeof(kUnsentBytes));
    if constexpr (kIsTls) {
      stream().async_handshake(asio::ssl::stream_base::server, [self = self()](error_code error) {
        if (error) return self->end();
        self->read_request();
      });
    } else {
      read_request();
    }
  }

  // Connection
  void tick(std::chrono::nanoseconds now, std::chrono::milliseconds wall) override {
    if (phase_ != Phase::kOpen) {
      if (now >= deadline_) end();
      return;
    }
    client_.tick(now, wall);
    watch_message(now);
    if (phase_ != Phase::kOpen) return;
    const Settings& settings = worker_.settings();
    if (blocked_ && now - progressed_ >= settings.stall_timeout)
      return close(CloseCode::kSlow, close_reason("slow_consumer", 1'000));
    // Who takes what waits before the ping is there.
    if (pinged_ && !blocked_ && now - std::max(pinged_at_, progressed_) >= settings.pong_timeout)
      return close(CloseCode::kSilent, close_reason("no_pong"));
    if (!pinged_ && now - heard_ >= settings.ping_interval) ping(now);
  }
  void drain(std::chrono::milliseconds retry_after) override {
    if (phase_ == Phase::kOpen) {
      close(CloseCode::kDraining, close_reason("draining", static_cast<std::uint32_t>(retry_after.count())));
    } else if (phase_ == Phase::kHandshake) {
      end();
    }
  }
  void cut() override { end(); }
  std::size_t subscriptions() const override { return client_.subscriptions(); }

  // Transport
  Outbox& outbox() override { return outbox_; }
  void close(CloseCode code, std::string reason) override {
    if (phase_ != Phase::kOpen) return;
    phase_ = Phase::kClosing;
    client_.closing();
    deadline_ = worker_.now() + kCloseTime;
    // Whoever reads nothing would get it behind everything else, that is, never.
    if (code == CloseCode::kSlow) outbox_.drop_unsent();
    beast::websocket::close_reason why(static_cast<beast::websocket::close_code>(number_of(code)), reason);
    asio::post(ws_.get_executor(), [self = self(), why] {
      if (self->phase_ != Phase::kClosing) return;
      self->ws_.async_close(why, [self](error_code) { self->finish(); });
    });
  }
  void flush() override {
    if (phase_ == Phase::kDone || writing_) return;
    if constexpr (kIsTls) {
      flush_tls();
    } else {
      flush_plain();
    }
  }

  // FrameTaker
  void take_frame(std::string frame) override {
    push_raw(frame);
    flush();
  }
  bool is_full() const override { return phase_ != Phase::kDone && outbox_.bytes() > kFull; }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;
  enum class Phase { kHandshake, kOpen, kClosing, kLinger, kDone };

  std::shared_ptr<SocketConnection> self() { return this->shared_from_this(); }
  Stream& stream() { return ws_.next_layer().stream(); }
  tcp::socket& tcp_socket() {
    if constexpr (kIsTls) {
      return stream().next_layer();
    } else {
      return stream();
    }
  }

  void push_raw(std::string_view bytes) {
    const boost::intrusive_ptr<Batch> batch(new Batch);
    batch->add_frame(bytes);
    outbox_.push(whole(batch));
  }

  // ---- The request ----

  struct Upgrade {
    http::request_parser<http::empty_body> parser;
    beast::flat_buffer buffer{kMostHeaderBytes + 1'024};
  };

  void read_request() {
    upgrade_ = std::make_unique<Upgrade>();
    upgrade_->parser.header_limit(kMostHeaderBytes);
    http::async_read_header(ws_.next_layer(), upgrade_->buffer, upgrade_->parser,
                            [self = self()](error_code error, std::size_t) { self->on_request(error); });
  }

  void on_request(error_code error) {
    if (phase_ != Phase::kHandshake) return;
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return refuse(431, "the request has too many header bytes");
    if (error && error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return refuse(400, "this is no HTTP request");
    }
    if (error) return end();
    const auto& message = upgrade_->parser.get();
    // What a client says before it was answered would be lost (RFC 6455 section 4.1).
    if (upgrade_->buffer.size() > 0) return refuse(400, "send frames after the answer to the upgrade");
    const auto text = [](beast::string_view view) { return std::string_view(view.data(), view.size()); };
    UpgradeRequest request;
    request.method = text(message.method_string());
    request.target = text(message.target());
    request.upgrades = beast::websocket::is_upgrade(message);
    request.origin = text(message[http::field::origin]);
    request.authorization = text(message[http::field::authorization]);
    const std::string protocols = joined_protocols(message);
    request.protocols = protocols;
    const Admission admission = admit(request, worker_.settings());
    if (admission.status != 101) return refuse(admission.status, admission.why);
    names_protocol_ = admission.names_protocol;
    if (admission.credential.empty()) return accept();
    client_.identify(admission.credential, [self = self()](const Result<Connected>& connected) {
      if (self->phase_ != Phase::kHandshake) return;
      if (connected.ok()) return self->accept();
      self->refuse(status_of(connected.error()), connected.error().message(),
                   connected.error().retry_after_ms());
    });
  }

  template <class Message>
  static std::string joined_protocols(const Message& message) {
    std::string joined;
    const auto range = message.equal_range(http::field::sec_websocket_protocol);
    for (auto at = range.first; at != range.second; ++at) {
      if (!joined.empty()) joined += ',';
      joined.append(at->value().data(), at->value().size());
    }
    return joined;
  }

  void refuse(unsigned status, std::string_view why, std::uint32_t retry_after_ms = 0) {
    push_raw(http_answer(status, why, retry_after_ms));
    finish();
  }

  void accept() {
    const bool names_protocol = names_protocol_;
    ws_.set_option(
        beast::websocket::stream_base::decorator([names_protocol](beast::websocket::response_type& response) {
          response.set(http::field::server, "paynamed");
          if (names_protocol)
            response.set(http::field::sec_websocket_protocol,
                         beast::string_view(kProtocol.data(), kProtocol.size()));
        }));
    ws_.read_message_max(worker_.settings().message_bytes);
    ws_.control_callback([this](beast::websocket::frame_type, beast::string_view) { on_control(); });
    ws_.async_accept(upgrade_->parser.get(), [self = self()](error_code error) { self->on_accept(error); });
  }

  void on_accept(error_code error) {
    upgrade_.reset();
    if (phase_ != Phase::kHandshake) return;
    if (error) return finish();
    phase_ = Phase::kOpen;
    message_since_ = worker_.now();
    hear();
    client_.opened();
    read_on();
  }

  // ---- Messages ----

  void hear() {
    heard_ = worker_.now();
    pinged_ = false;
  }

  void on_control() {
    hear();
    if (!controls_.take(worker_.now())) close(CloseCode::kTooMany, close_reason("too_many_frames", 10'000));
  }

  // A message may come in parts, and parts may be empty: neither for ever, nor without a bound.
  void watch_message(std::chrono::nanoseconds now) {
    const std::uint64_t received = ws_.next_layer().received();
    if (received - message_from_ > 2 * worker_.settings().message_bytes + kPartsBytes) {
      close(CloseCode::kTooMany, close_reason("too_many_frames", 10'000));
    } else if (ws_.is_message_done()) {
      message_since_ = now;
      message_from_ = received;
    } else if (!blocked_ && now - message_since_ >= worker_.settings().handshake_timeout) {
      close(CloseCode::kTooMany, close_reason("slow_message", 10'000));
    }
  }

  void ping(std::chrono::nanoseconds now) {
    pinged_ = true;
    pinged_at_ = now;
    push_raw(kPing);
    flush();
  }

  void read() {
    reading_ = true;
    ws_.async_read_some(asio::buffer(scratch_),
                        [self = self()](error_code error, std::size_t size) { self->on_read(error, size); });
  }

  void on_read(error_code error, std::size_t size) {
    reading_ = false;
    if (phase_ != Phase::kOpen) return;
    // Beast has answered what was wrong with a close frame.
    if (error) return finish();
    hear();
    message_.append(scratch_.data(), size);
    if (!ws_.is_message_done()) return read();
    watch_message(worker_.now());
    if (phase_ != Phase::kOpen) return;
    const std::string text = std::exchange(message_, std::string());
    if (!ws_.got_text()) return close(CloseCode::kUnsupported, close_reason("text_only"));
    client_.on_message(text);
    read_on();
  }

  // Who does not read our replies is not asked for more, until some of them are gone.
  void read_on() {
    if (is_full()) return;
    ws_.next_layer().release();
    if (phase_ == Phase::kOpen && !reading_) read();
  }

  // ---- Writing ----

  void flush_plain() {
    std::array<iovec, 64> parts;
    while (!outbox_.empty()) {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = outbox_.gather(parts);
      const ssize_t sent = ::sendmsg(tcp_socket().native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return break_off();
      if (sent < 0) return wait_for_room();
      outbox_.consume(static_cast<std::size_t>(sent));
      progressed_ = worker_.now();
    }
    unblock();
  }

  void wait_for_room() {
    if (!blocked_) progressed_ = worker_.now();
    blocked_ = true;
    writing_ = true;
    read_on();
    tcp_socket().async_wait(tcp::socket::wait_write, [self = self()](error_code error) {
      self->writing_ = false;
      if (self->phase_ == Phase::kDone) return;
      if (error) return self->end();
      self->flush();
    });
  }

  void flush_tls() {
    if (outbox_.empty()) return unblock();
    if (!blocked_) progressed_ = worker_.now();
    blocked_ = true;
    writing_ = true;
    auto chunk = std::make_unique<std::string>(outbox_.take(kTlsChunk));
    const auto buffer = asio::buffer(*chunk);
    asio::async_write(stream(), buffer,
                      [self = self(), chunk = std::move(chunk)](error_code error, std::size_t) {
                        self->writing_ = false;
                        if (self->phase_ == Phase::kDone) return;
                        if (error) return self->end();
                        self->progressed_ = self->worker_.now();
                        self->flush();
                      });
  }

  // Everything left.
  void unblock() {
    const bool was_blocked = std::exchange(blocked_, false);
    ws_.next_layer().release();
    if (phase_ == Phase::kLinger) return shut_down();
    if (!was_blocked) return;
    client_.drained();
    read_on();
  }

  void break_off() {
    asio::post(ws_.get_executor(), [self = self()] { self->end(); });
  }

  // ---- The end ----

  // Sends what waits, and reads until the client closes too: what arrives at a closed socket would reset the
  // connection, and the client might never read why it ended.
  void finish() {
    if (phase_ == Phase::kLinger || phase_ == Phase::kDone) return;
    phase_ = Phase::kLinger;
    client_.closing();
    deadline_ = worker_.now() + kLingerTime;
    flush();
  }

  void shut_down() {
    if (shut_) return;
    shut_ = true;
    if constexpr (kIsTls) {
      stream().async_shutdown([self = self()](error_code) { self->end(); });
    } else {
      error_code ignored;
      tcp_socket().shutdown(tcp::socket::shutdown_send, ignored);
      read_to_end();
    }
  }

  void read_to_end() {
    tcp_socket().async_read_some(asio::buffer(scratch_), [self = self()](error_code error, std::size_t) {
      if (error || self->phase_ == Phase::kDone) return self->end();
      self->read_to_end();
    });
  }

  void end() {
    if (phase_ == Phase::kDone) return;
    phase_ = Phase::kDone;
    client_.gone();
    error_code ignored;
    tcp_socket().close(ignored);
    worker_.places().leave(place_);
    asio::post(ws_.get_executor(), [self = self()] {
      // Beast goes on, finds the socket closed, and lets go of what holds this.
      self->ws_.next_layer().release();
      self->worker_.remove(self.get());
    });
  }

  Worker& worker_;
  Outbox outbox_;
  beast::websocket::stream<FrameStream<Stream>, false> ws_;
  Client client_;
  const std::string place_;
  std::unique_ptr<Upgrade> upgrade_;
  std::string message_;  // as far as it was read
  std::array<char, kScratchBytes> scratch_{};
  std::chrono::nanoseconds deadline_{};  // of every phase but kOpen
  std::chrono::nanoseconds heard_{};     // the last frame of the client's
  std::chrono::nanoseconds pinged_at_{};
  std::chrono::nanoseconds progressed_{};  // while blocked_: when it was taken some of what waits
  Phase phase_ = Phase::kHandshake;
  Bucket controls_{kControlsAtOnce, kControlsPerSecond};
  std::chrono::nanoseconds message_since_{};  // since then there is one that has not ended
  std::uint64_t message_from_ = 0;            // of what was received
  bool names_protocol_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool blocked_ = false;  // the kernel takes no more
  bool pinged_ = false;   // and nothing was heard since
  bool shut_ = false;
};

template <class Stream, class... Arguments>
void start(Worker& worker, std::string peer, std::string place, Arguments&&... arguments) {
  const auto connection = std::make_shared<SocketConnection<Stream>>(
      worker, std::move(peer), std::move(place), std::forward<Arguments>(arguments)...);
  if (worker.add(connection)) connection->begin();
}

}  // namespace

void serve(Worker& worker, tcp::socket socket, std::string peer_address, std::string peer_place,
           const std::shared_ptr<asio::ssl::context>& tls) {
  if (tls) {
    start<TlsStream>(worker, std::move(peer_address), std::move(peer_place), std::move(socket), *tls);
  } else {
    start<tcp::socket>(worker, std::move(peer_address), std::move(peer_place), std::move(socket));
  }
}

}  // namespace paynamed::websocket
