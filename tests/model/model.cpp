#include "tests/model/model.hpp"

#include <fmt/format.h>

namespace paynamed::model {

std::string Model::saw(const std::string& name, const std::string& offer_id, const std::string& bolt12) {
  for (auto& [id, offer] : offers) {
    if (offer.name == name && id != offer_id) offer.stands = false;
  }
  if (offer_id.empty()) return {};
  const auto [found, is_new] = offers.try_emplace(offer_id);
  Offer& offer = found->second;
  if (is_new) {
    offer.name = name;
    offer.bolt12 = bolt12;
  }
  if (offer.name != name)
    return fmt::format("{} stands in DNS with the offer {}, which is {}'s", name, offer_id, offer.name);
  if (offer.bolt12 != bolt12) return fmt::format("the offer {} has two texts", offer_id);
  if (offer.is_over)
    return fmt::format("the offer {} of {} stands in DNS again after it was over", offer_id, name);
  offer.stands = true;
  return {};
}

}  // namespace paynamed::model
