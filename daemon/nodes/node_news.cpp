#include "nodes/node_news.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "nodes/node_sentence.hpp"

namespace paynamed::nodes {
namespace {

namespace json = boost::json;
using state::Ternary;

state::NodeNews one_of(const state::NodeLook& look, std::string tenant, bool is_added, base::Random& random) {
  json::object data{{"instance", look.place.instance}, {"reference", look.place.reference}};
  if (!look.node_id.empty()) data["node_id"] = look.node_id;
  const bool is_back = look.reachable == Ternary::kYes;
  if (!is_back) {
    data["code"] = look.code;
    data["reason"] = sentence_for(look, tenant, is_added);
  }
  state::NodeNews news;
  news.tenant = std::move(tenant);
  news.event.type = is_back ? "node.reachable" : "node.unreachable";
  news.event.subject = look.place.reference.empty() ? look.place.instance : look.place.reference;
  news.event.time = look.looked;
  news.event.id = base::Uuid::v7(look.looked, random);
  news.event.data = json::serialize(data);
  return news;
}

}  // namespace

void follow(state::NodeLook& look, const state::NodeLook* before) {
  const bool is_reached = look.reachable == Ternary::kYes;
  const bool is_missed = look.reachable == Ternary::kNo;
  look.missed = is_missed ? 1 : 0;
  look.reached = is_reached ? 1 : 0;
  if (is_reached) look.seen = look.looked;
  if (before == nullptr) return;
  look.told = before->told;
  if (is_reached) {
    look.reached += before->reached;
  } else {
    if (is_missed) look.missed += before->missed;
    look.seen = before->seen;
    // Who the node is was said when it answered.
    if (look.node_id.empty()) look.node_id = before->node_id;
    if (look.version.empty()) look.version = before->version;
    if (look.network.empty()) look.network = before->network;
    if (look.custody == state::NodeCustody::kUnknown) look.custody = before->custody;
  }
}

std::vector<state::NodeNews> news_of(state::NodeLook& look, const std::vector<state::NodeUse>& uses,
                                     bool is_added, base::Random& random) {
  std::vector<state::NodeNews> news;
  if (look.reached >= kLooksToTell) {
    for (std::string& tenant : look.told) news.push_back(one_of(look, std::move(tenant), is_added, random));
    look.told.clear();
  } else if (look.missed >= kLooksToTell) {
    for (const state::NodeUse& use : uses) {
      const bool is_concerned = use.place == look.place && use.names > 0;
      if (!is_concerned || std::ranges::find(look.told, use.tenant) != look.told.end()) continue;
      news.push_back(one_of(look, use.tenant, is_added, random));
      look.told.push_back(use.tenant);
    }
  }
  return news;
}

}  // namespace paynamed::nodes
