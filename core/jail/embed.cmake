# cmake -DIN=file -DOUT=header -DNAME=symbol -P embed.cmake: a text file as a C string, one line of it per line.
file(READ "${IN}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE "${OUT}" "/* Made from ${NAME}. */\nstatic const char ${NAME}[] =\n    \"${text}\";\n")
