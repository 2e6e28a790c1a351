#include "tests/model/daemon/life.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "tests/model/daemon/look.hpp"

namespace paynamed::model {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// An answer may be on its way from a thread of the plugin.
constexpr std::chrono::microseconds kOnItsWay{200};

std::string text(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

observe::Log::Sink log_to(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return [descriptor](std::string_view line) {
    const std::string whole = std::string(line) + "\n";
    [[maybe_unused]] const auto written = ::write(descriptor, whole.data(), whole.size());
  };
}

class Life {
 public:
  Life(const LifeSettings& settings, World& world)
      : world_(world),
        parts_(settings.parts, world, log_to(settings.log_file)),
        channel_(parts_.io(), asio::local::stream_protocol(), settings.channel) {}

  [[noreturn]] void run() {
    read();
    for (;;) {
      if (!passing_) {
        parts_.io().run_one();
        continue;
      }
      rest();
      if (now_ms() >= passing_->at("until").as_int64()) {
        json::object done{{"names", names(parts_)}};
        answer(*std::exchange(passing_, std::nullopt), std::move(done));
      } else {
        advance();
      }
    }
  }

 private:
  std::int64_t now_ms() { return parts_.clock().wall().time_since_epoch().count(); }

  void read() {
    asio::async_read_until(channel_, asio::dynamic_buffer(text_), '\n',
                           [this](boost::system::error_code error, std::size_t size) {
                             // Who drives has gone.
                             if (error) ::_exit(0);
                             const json::object asked = json::parse(text_.substr(0, size)).as_object();
                             text_.erase(0, size);
                             begin(asked);
                             read();
                           });
  }

  void begin(const json::object& asked) {
    const std::string what = text(asked, "do");
    if (what == "pass") {
      passing_ = asked;
      (*passing_)["until"] = now_ms() + asked.at("ms").as_int64();
    } else if (what == "look") {
      answer(asked, look(parts_, text(asked, "tenant"), asked.at("after").to_number<std::uint64_t>()));
    } else if (what == "prove") {
      json::object done{{"wrong", prove(parts_)}};
      answer(asked, std::move(done));
    } else {
      asio::co_spawn(parts_.io(), act(asked), asio::detached);
    }
  }

  asio::awaitable<void> act(json::object asked) {
    const std::string what = text(asked, "do");
    base::Result<json::object> done = base::fail(base::internal("nobody knows how to " + what));
    if (what == "invoice") {
      done = co_await make_invoice(asked);
    } else if (what == "resume") {
      done = co_await resume(asked);
    } else if (const auto verb = state::verb_from(what)) {
      done = co_await submit(*verb, asked);
    }
    if (done) {
      answer(asked, *std::move(done));
      co_return;
    }
    json::object failed{{"code", base::to_string(done.error().code())}, {"message", done.error().message()}};
    answer(asked, std::move(failed));
  }

  asio::awaitable<base::Result<json::object>> submit(state::Verb verb, json::object asked) {
    pipeline::Command command{.tenant = text(asked, "tenant"),
                              .verb = verb,
                              .name = *base::Name::parse(text(asked, "name")),
                              .owner = text(asked, "owner"),
                              .reference = text(asked, "key"),
                              .source = {},
                              .expected_revision = 0,
                              .idempotency_key = text(asked, "key"),
                              .request_hash = text(asked, "key"),
                              .correlation_id = text(asked, "key"),
                              .traceparent = {}};
    auto accepted = co_await parts_.engine().submit(std::move(command));
    if (!accepted) co_return base::fail(accepted.error());
    json::object done{{"run", accepted->run.to_string()}};
    co_return done;
  }

  asio::awaitable<base::Result<json::object>> resume(json::object asked) {
    auto resumed =
        co_await parts_.engine().resume(text(asked, "tenant"), *base::Uuid::parse(text(asked, "run")));
    if (!resumed) co_return base::fail(resumed.error());
    json::object done;
    co_return done;
  }

  asio::awaitable<base::Result<json::object>> make_invoice(json::object asked) {
    state::NewInvoice wish;
    wish.tenant = text(asked, "tenant");
    wish.time = parts_.clock().wall();
    wish.id = base::Uuid::v7(wish.time, parts_.random());
    wish.name = text(asked, "name");
    wish.terms.amount_msat = asked.at("amount_msat").to_number<std::uint64_t>();
    wish.terms.memo = text(asked, "memo");
    wish.terms.reference = text(asked, "reference");
    wish.terms.expiry_seconds = asked.at("expiry").to_number<std::uint32_t>();
    wish.idempotency_key = text(asked, "key");
    wish.request_hash = text(asked, "key");
    auto made = co_await parts_.payments().make_invoice(std::move(wish), text(asked, "key"));
    if (!made) co_return base::fail(made.error());
    const state::InvoiceRow& row = made->invoice;
    json::object done{{"invoice", row.id.to_string()},
                      {"bolt11", row.bolt11},
                      {"payment_hash", row.payment_hash},
                      {"expires_ms", row.expires.time_since_epoch().count()}};
    co_return done;
  }

  void answer(const json::object& asked, json::object done) {
    done["id"] = asked.at("id");
    say(done);
  }
  void say(const json::object& line) {
    boost::system::error_code gone;
    asio::write(channel_, asio::buffer(json::serialize(line) + "\n"), gone);
    if (gone) ::_exit(0);
  }

  // Until the daemon does nothing but wait for time, or for the node.
  void rest() {
    asio::io_context& io = parts_.io();
    for (;;) {
      if (io.poll() > 0) continue;
      const bool works =
          parts_.writing() > 0 || static_cast<std::int64_t>(parts_.in_plugin()) > world_.waiting.load();
      if (works) {
        io.run_one_for(std::chrono::milliseconds{1});
      } else if (parts_.calling() == 0 || io.run_one_for(kOnItsWay) == 0) {
        return;
      }
    }
  }

  void advance() {
    std::int64_t step = passing_->at("until").as_int64() - now_ms();
    if (const auto timer = parts_.clock().until_next()) step = std::min(step, timer->count());
    const std::int64_t waiter = world_.next_ms.load();
    if (waiter != World::kNever) step = std::min(step, waiter - now_ms());
    parts_.clock().advance(base::Duration{std::max<std::int64_t>(step, 1)});
    const std::int64_t now = now_ms();
    world_.now_ms = now;
    if (waiter > now) return;
    const json::object passed{{"time", true}};
    say(passed);
    while (world_.next_ms.load() <= now) parts_.io().run_one_for(std::chrono::microseconds{100});
  }

  World& world_;
  Parts parts_;
  asio::local::stream_protocol::socket channel_;
  std::string text_;
  std::optional<json::object> passing_;
};

}  // namespace

void live(const LifeSettings& settings, World& world) {
  try {
    Life life(settings, world);
    life.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the daemon of the play: %s\n", error.what());
    ::_exit(1);
  }
}

}  // namespace paynamed::model
