#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <fstream>

#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

std::string_view query_of(ProofFormat format) {
  switch (format) {
    case ProofFormat::kBinary:
      return "binary";
    case ProofFormat::kPsbt:
      return "psbt";
    case ProofFormat::kJson:
      break;
  }
  return "json";
}

bool write_file(const std::string& file, const std::string& bytes) {
  std::ofstream stream{file, std::ios::binary | std::ios::trunc};
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  return !stream.fail();
}

std::string seconds_of(const json::object& proof, std::string_view member) {
  const json::value* value = proof.if_contains(member);
  return value && value->is_number() ? json::serialize(*value) + " s" : std::string{};
}

Table payment_table(const json::object& resolved) {
  Table table{{"WHAT", "VALUE"}};
  const auto row = [&table](std::string what, const std::string& value) {
    if (!value.empty()) table.add({{std::move(what)}, {printable(value)}});
  };
  row("name", text_of(resolved, "name"));
  row("uri", text_of(resolved, "uri"));
  if (const json::value* offers = resolved.if_contains("offers"); offers && offers->is_array()) {
    for (const json::value& offer : offers->get_array()) {
      if (offer.is_string()) row("offer", std::string{offer.get_string()});
    }
  }
  if (const json::value* proof = resolved.if_contains("proof"); proof && proof->is_object()) {
    const json::object& object = proof->get_object();
    row("proven", text_of(object, "made"));
    row("valid from", text_of(object, "valid_from"));
    row("expires", text_of(object, "expires"));
    row("keep for at most", seconds_of(object, "max_cache_ttl"));
  }
  return table;
}

Table warning_table(const json::object& resolved) {
  Table table{{"WARNING", "MEANING"}};
  const json::value* warnings = resolved.if_contains("warnings");
  if (!warnings || !warnings->is_array()) return table;
  for (const json::value& warning : warnings->get_array()) {
    if (!warning.is_object()) continue;
    table.add({{printable(text_of(warning.get_object(), "code")), Colour::kYellow},
               {printable(text_of(warning.get_object(), "message"))}});
  }
  return table;
}

}  // namespace

Exit show_proof(Context& context, const std::string& name, ProofFormat format, const std::string& file) {
  const bool is_text = format == ProofFormat::kJson;
  if (!is_text && file.empty() && context.style.is_terminal) {
    context.err(
        "paynamectl: a proof in this format is bytes, which a terminal cannot show; write it to a file with "
        "--output, send it into a pipe, or ask for --format json, which has it in base64\n");
    return Exit::kUsage;
  }
  HttpCall call;
  call.target = fmt::format("/v1/names/{}/proof?format={}", percent_encode(name), query_of(format));
  const Answer answer = is_text ? ask(context, call) : ask_bytes(context, call);
  if (!answer.ok()) return answer.exit;
  const std::string bytes = is_text ? answer.reply.body + "\n" : answer.reply.body;
  if (file.empty()) {
    context.out(bytes);
  } else if (!write_file(file, bytes)) {
    context.err(fmt::format("paynamectl: cannot write '{}'; is the folder there, and is there space?\n",
                            printable(file)));
    return Exit::kUsage;
  }
  return Exit::kOk;
}

Exit resolve_name(Context& context, const std::string& name) {
  const Answer answer = get(context, "/v1/resolve/" + percent_encode(name));
  if (!answer.ok()) return answer.exit;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return Exit::kOk;
  }
  // A payment instruction that is cut is of no use.
  Style whole = context.style;
  whole.width = 0;
  context.out(payment_table(answer.body).render(whole));
  if (const Table warnings = warning_table(answer.body); !warnings.empty()) {
    context.out("\n" + warnings.render(whole));
  }
  return Exit::kOk;
}

}  // namespace paynamed::ctl
