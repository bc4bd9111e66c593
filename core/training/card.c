#include "core/training/card.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/net/hub.h"

typedef struct line {
    const char *text;
    size_t bytes; /* without the line feed */
} line;

/* 1: there is one more. */
static uint32_t next_line(const char **at, const char *end, line *ret_line)
{
    if (*at == end) {
        return 0;
    }
    const char *feed = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = feed == NULL ? end : feed;
    *ret_line = (line){*at, (size_t)(stop - *at)};
    *at = feed == NULL ? end : feed + 1;
    return 1;
}

static uint32_t is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static line without(line l, const char *around)
{
    while (l.bytes > 0 && is_one_of(l.text[0], around)) {
        l.text++;
        l.bytes--;
    }
    while (l.bytes > 0 && is_one_of(l.text[l.bytes - 1], around)) {
        l.bytes--;
    }
    return l;
}

static uint32_t begins(line l, const char *word)
{
    size_t bytes = strlen(word);
    return l.bytes >= bytes && memcmp(l.text, word, bytes) == 0;
}

static line behind(line l, size_t bytes)
{
    return (line){l.text + bytes, l.bytes - bytes};
}

/* Nothing is written for what is no name. */
static void take_name(line l, char ret_name[GDI_CARD_NAME_BYTES])
{
    char name[GDI_CARD_NAME_BYTES];
    l = without(l, " \t\r\"'");
    if (l.bytes == 0 || l.bytes >= sizeof name || memchr(l.text, '\0', l.bytes) != NULL) {
        return;
    }
    memcpy(name, l.text, l.bytes);
    name[l.bytes] = '\0';
    if (gdi_hub_is_name(name)) {
        (void)snprintf(ret_name, GDI_CARD_NAME_BYTES, "%s", name);
    }
}

void gdi_card_base(const char *card, size_t bytes, char ret_name[GDI_CARD_NAME_BYTES])
{
    static const char key[] = "base_model:", fence[] = "---";
    const char *at = card, *end = card + bytes;
    line l = {.text = card};
    uint32_t in_list = 0;
    ret_name[0] = '\0';
    if (!next_line(&at, end, &l) || without(l, "\r").bytes != strlen(fence) || !begins(l, fence)) {
        return;
    }
    while (ret_name[0] == '\0' && next_line(&at, end, &l) && !begins(l, fence)) {
        line item = without(l, " \t\r");
        if (begins(l, key)) {
            take_name(behind(l, strlen(key)), ret_name);
            in_list = 1;
        } else if (in_list && begins(item, "-")) {
            take_name(behind(item, 1), ret_name);
        } else {
            in_list = 0;
        }
    }
}
