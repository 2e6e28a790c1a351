# cmake -DINPUT=openapi.yaml -DOUTPUT=openapi.cpp -P embed.cmake: the document as C++.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#include \"api/routes.hpp\"

namespace paynamed::api {

std::string_view openapi_document() {
  return R\"openapi(${text})openapi\";
}

}  // namespace paynamed::api
")
