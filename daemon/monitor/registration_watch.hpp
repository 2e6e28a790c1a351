// RegistrationWatch asks about the registration of every domain once a day, one domain after the other, and
// keeps what it was told. What that means for the domain is said by ZoneWatch, which is told of news.
//
// That a domain is on hold counts when two answers some time apart say so. A registry that does not answer
// changes nothing.
//
// Threads: run() is one coroutine, which owns everything here; stop it by cancelling it. `ask` runs on
// `workers`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "monitor/registration_facts.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

class RegistrationWatch {
 public:
  struct Settings {
    base::Duration interval{86'400'000};
    base::Duration second_look{600'000};      // before a hold counts
    base::Duration while_on_hold{3'600'000};  // so that its end is found sooner
    base::Duration first_retry{600'000};      // after a failure; then doubling
    base::Duration between{2'000};            // two questions
  };
  struct Dependencies {
    boost::asio::any_io_executor workers;
    state::Store& store;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
    // RegistrationCheck::ask
    std::function<boost::asio::awaitable<base::Result<RegistrationFacts>>(std::string domain)> ask;
    // On the executor of run(): what is known of the domain's registration means something new.
    std::function<void(const std::string& domain)> on_news;
  };
  // Domains without final dot.
  RegistrationWatch(Settings settings, const std::vector<std::string>& domains, Dependencies dependencies);

  // Until it is cancelled; then it waits for the question on its way.
  boost::asio::awaitable<void> run();

 private:
  struct Watched {
    std::string domain;
    base::MonotonicTime due;
    base::Duration retry{0};  // after the failures so far
  };
  struct Series {
    explicit Series(observe::Metrics& metrics);
    observe::Counter known;
    observe::Counter unknown;
    observe::Counter failed;
  };

  base::Result<RegistrationFacts> known_of(const std::string& domain) const;
  void take_up();
  boost::asio::awaitable<void> look(Watched& watched);
  boost::asio::awaitable<void> take(Watched& watched, RegistrationFacts facts);
  void try_again(Watched& watched, const base::Status& why);
  void ask_again_in(Watched& watched, base::Duration delay);

  const Settings settings_;
  const Dependencies with_;
  const Series series_;
  std::vector<Watched> domains_;
};

}  // namespace paynamed::monitor
