// FrameStream: what lies between Beast's WebSocket and the socket. Beast reads through it; what Beast writes
// - the answer to the upgrade, pongs, close frames - joins the frames of events in the connection's outbox,
// so that all leave in order, and many with one call of the system.
//
// Threads: of one worker.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace paynamed::websocket {

// Takes the frames that Beast makes.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  virtual void take_frame(std::string frame) = 0;
  // So much waits that Beast has to.
  virtual bool is_full() const = 0;
};

template <class Stream>
class FrameStream {
 public:
  using executor_type = typename Stream::executor_type;
  using Transferred = void(boost::system::error_code, std::size_t);

  template <class... Arguments>
  explicit FrameStream(FrameTaker& taker, Arguments&&... arguments)
      : taker_(taker), stream_(std::forward<Arguments>(arguments)...) {}

  executor_type get_executor() noexcept { return stream_.get_executor(); }
  Stream& stream() { return stream_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Transferred>(
        [this](auto handler, const Buffers& given) {
          const auto executor = boost::asio::get_associated_executor(handler, get_executor());
          auto counted = [this, handler = std::move(handler)](boost::system::error_code error,
                                                              std::size_t size) mutable {
            received_ += size;
            std::move(handler)(error, size);
          };
          stream_.async_read_some(given, boost::asio::bind_executor(executor, std::move(counted)));
        },
        token, buffers);
  }
  // Bytes that the client sent, so far.
  std::uint64_t received() const { return received_; }

  // All of it is taken, whatever the size: Beast writes whole frames of a few bytes.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Transferred>(
        [this](auto handler, const Buffers& given) {
          std::string frame(boost::asio::buffer_size(given), '\0');
          const std::size_t size = boost::asio::buffer_copy(boost::asio::buffer(frame), given);
          taker_.take_frame(std::move(frame));
          auto done = boost::beast::bind_front_handler(std::move(handler), boost::system::error_code(), size);
          if (taker_.is_full()) {
            held_ = std::make_unique<HeldFor<decltype(done)>>(std::move(done));
          } else {
            boost::asio::post(get_executor(), std::move(done));
          }
        },
        token, buffers);
  }

  // There is room again, or nothing will be written any more.
  void release() {
    if (const auto held = std::move(held_)) held->go_on(get_executor());
  }

  // The connection itself shuts the socket down, when what waits was sent.
  friend void teardown(boost::beast::role_type, FrameStream&, boost::system::error_code& error) {
    error = {};
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, FrameStream& stream, Handler&& handler) {
    boost::asio::post(stream.get_executor(), boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                                              boost::system::error_code()));
  }
  friend void beast_close_socket(FrameStream& stream) {
    boost::system::error_code ignored;
    stream.stream_.lowest_layer().close(ignored);
  }

 private:
  // What Beast goes on with, whatever its type.
  struct Held {
    virtual ~Held() = default;
    virtual void go_on(const executor_type& executor) = 0;
  };
  template <class Done>
  struct HeldFor final : Held {
    explicit HeldFor(Done given) : done(std::move(given)) {}
    void go_on(const executor_type& executor) override { boost::asio::post(executor, std::move(done)); }
    Done done;
  };

  FrameTaker& taker_;
  Stream stream_;
  std::uint64_t received_ = 0;
  std::unique_ptr<Held> held_;
};

}  // namespace paynamed::websocket
