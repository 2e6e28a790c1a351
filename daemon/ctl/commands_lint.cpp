#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

Colour colour_of(std::string_view word) {
  if (word == "yes") return Colour::kGreen;
  if (word == "no" || word == "error") return Colour::kRed;
  return word == "note" ? Colour::kDim : Colour::kYellow;
}

// A row of `members` for each object; the first that is `coloured` gets the colour of its word.
Table table_of(const json::object& report, std::string_view list, std::vector<std::string> head,
               const std::vector<std::string_view>& members, std::string_view coloured) {
  Table table{std::move(head)};
  const json::value* items = report.if_contains(list);
  if (!items || !items->is_array()) return table;
  for (const json::value& item : items->get_array()) {
    if (!item.is_object()) continue;
    std::vector<Cell> row;
    for (const std::string_view member : members) {
      const std::string text = printable(text_of(item.get_object(), member));
      row.push_back({text, member == coloured ? colour_of(text) : Colour::kNone});
    }
    table.add(std::move(row));
  }
  return table;
}

}  // namespace

Exit lint_name(Context& context, const std::string& name) {
  const Answer answer = get(context, "/v1/names/" + percent_encode(name) + "/lint");
  if (!answer.ok()) return answer.exit;
  const json::value* all = answer.body.if_contains("all_can_pay");
  const Exit exit = all && all->is_bool() && all->get_bool() ? Exit::kOk : Exit::kRefused;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return exit;
  }
  // Sentences that are cut do not say what to do.
  Style whole = context.style;
  whole.width = 0;
  const Table wallets = table_of(answer.body, "wallets", {"WALLET", "CAN PAY", "WHY NOT"},
                                 {"family", "usable", "why"}, "usable");
  context.out(wallets.render(whole));
  const Table findings = table_of(answer.body, "findings", {"FINDING", "KIND", "MEANING"},
                                  {"code", "severity", "message"}, "severity");
  if (!findings.empty()) context.out("\n" + findings.render(whole));
  return exit;
}

}  // namespace paynamed::ctl
