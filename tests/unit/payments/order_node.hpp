// OrderNode: a NodeBackend behind call_plugin that makes single-use offers and invoices, real ones, and can
// be made to fail, to lose its answers and to lie.
//
// Threads: belongs to its test's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/services.hpp"

namespace paynamed::payments {

namespace v1 = paynamed::plugin::v1;

class OrderNode {
 public:
  explicit OrderNode(base::Clock& clock) : clock_(clock) {
    description.set_offers(true);
    description.set_invoices(true);
    description.set_network("regtest");
  }

  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call);

  struct Offer {
    v1::CreateOfferRequest terms;
    std::string text;
    std::string id;
    bool active = true;
  };
  v1::DescribeNodesReply description;
  std::map<std::string, Offer> offers;          // by key
  std::map<std::string, std::string> invoices;  // bolt11, by key
  // What the next calls of a method end with, in order; `lost`: what was asked is done all the same.
  struct Failure {
    base::Status status;
    bool lost = false;
  };
  std::map<std::string, std::deque<Failure>> failures;
  std::vector<std::string> asked;            // methods, without Describe
  std::vector<std::string> keys;             // of those calls
  std::set<std::string> refuses_to_disable;  // keys of offers
  // Happens while the node is asked.
  std::function<boost::asio::awaitable<void>(const std::string& method)> meanwhile;
  std::function<void(v1::CreateOfferReply&)> lie_of_offer;
  std::function<void(v1::CreateInvoiceReply&)> lie_of_invoice;

 private:
  base::Result<std::string> perform(const pipeline::PluginCall& call);

  base::Clock& clock_;
  unsigned made_ = 0;
};

}  // namespace paynamed::payments
