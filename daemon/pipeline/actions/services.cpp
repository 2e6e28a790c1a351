#include "pipeline/actions/services.hpp"

namespace paynamed::pipeline {

boost::asio::awaitable<Turns::Turn> Services::turn_of(const RunInput& input) const {
  if (!turns || !input.bulk) co_return Turns::Turn{};
  co_return co_await turns->take(std::string{input.name.domain()});
}

}  // namespace paynamed::pipeline
