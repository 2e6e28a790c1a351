#include "api/streamed_body.hpp"

#include <utility>

#include "base/one_shot.hpp"

namespace paynamed::api {
namespace {

// Gives its answer exactly once: false when nobody gave one.
class Promise {
 public:
  explicit Promise(std::shared_ptr<base::OneShot<bool>> shot) : shot_(std::move(shot)) {}
  ~Promise() { shot_->give(false); }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  void keep(bool taken) { shot_->give(taken); }

 private:
  const std::shared_ptr<base::OneShot<bool>> shot_;
};

}  // namespace

boost::asio::awaitable<bool> StreamedBody::write(std::string bytes) {
  auto shot = std::make_shared<base::OneShot<bool>>();
  {
    auto promise = std::make_shared<Promise>(shot);
    const std::lock_guard lock{mutex_};
    if (ended_) co_return false;
    output_.write(std::move(bytes), [promise](bool taken) { promise->keep(taken); });
  }
  const bool taken = co_await base::OneShot<bool>::wait(shot, false);
  co_return taken;
}

bool StreamedBody::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_;
}

void StreamedBody::end(std::string last, std::function<void()> then) {
  const std::lock_guard lock{mutex_};
  if (std::exchange(ended_, true)) return;
  const BodyOutput output = std::exchange(output_, {});
  output.end(std::move(last), [then = std::move(then)](bool) { then(); });
}

}  // namespace paynamed::api
