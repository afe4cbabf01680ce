"""Rules for instructions in other languages than English. Accents are gone when they are asked: `naechste`
is written `nachste`, `réponds` is `reponds`."""

from __future__ import annotations

from memory.gates.rules import Rules, rule

_GERMAN = (
    rule(
        r"\b(?:alle|jede\w*|samtliche)\b[^.\n]{0,60}?\b(?:ist|sind) (?:ein )?(?:fehlalarme?"
        r"|harmlos|ungefahrlich|gutartig|unbedenklich)\b"
    ),
    rule(
        r"\b(?:anweisung\w*|regeln?|vorgaben?|hinweise?)\b[^.\n]{0,30}?\b(?:ausser acht"
        r"|außer acht|ignorieren|vergessen|missachten|verwerfen)\b"
    ),
    rule(
        r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|uberspring\w*"
        r"|verwirf|verwerfe\w*)\b[^.\n]{0,40}?\b(?:anweisung\w*|regeln?|vorgaben?"
        r"|instruktion\w*|bisherig\w*|vorherig\w*|obig\w*)"
    ),
    rule(
        r"\b(?:ab jetzt|ab sofort|von nun an|kunftig)\b[^.\n]{0,60}?\b(?:antwort\w*"
        r"|gib|geben|melde\w*|du|sie|immer|nur|nie|gilt|gelten)\b"
    ),
    rule(
        r"\b(?:antworte\w*|antworten sie|gib|geben sie)\b[^.\n]{0,20}?\b(?:immer"
        r"|stets|nur noch|ausschliesslich)\b|\bdu bist (?:jetzt|nun)\b|\bdie antwort (?:ist"
        r"|lautet) (?:immer|stets)\b"
    ),
    rule(
        r"\b(?:immer|stets|als)\b[^.\n]{0,40}?\b(?:harmlos|ungefahrlich|gutartig"
        r"|unbedenklich|vertrauenswurdig|fehlalarm)\b[^.\n]{0,20}?\b(?:einstuf\w*"
        r"|markier\w*|behandel\w*|bewert\w*|melde\w*|ist|sind|ansehen|betracht\w*)?"
    ),
    rule(
        r"\b(?:melde|melden sie|untersuche|untersuchen sie|prufe|prufen sie"
        r"|eskaliere)\b[^.\n]{0,40}?\b(?:nicht|nie|niemals|keine)\b|\b(?:nie"
        r"|niemals|nicht) (?:mehr )?(?:melden|untersuchen|eskalieren)\b"
    ),
)
_FRENCH = (
    rule(
        r"\b(?:toutes?|tous|chaque)\b[^.\n]{0,60}?\b(?:sans danger|inoffensi\w*"
        r"|benign\w*|benin\w*|fausses? alertes?|faux positifs?)\b"
    ),
    rule(
        r"\bne (?:tiens|tenez|tenir|prends|prenez) (?:pas|plus|aucun) compte\b"
        r"|\bfai(?:s|tes) (?:fi|abstraction) des?\b"
    ),
    rule(
        r"\b(?:ignore[rz]?|oublie[rz]?|neglige[rz]?)\b[^.\n]{0,40}?\b(?:instructions"
        r"|consignes|regles|directives)\b"
    ),
    rule(r"\b(?:a partir de maintenant|desormais|dorenavant)\b"),
    rule(
        r"\b(?:repond[sz]?|repondez|repondre)\b[^.\n]{0,20}?\b(?:toujours|uniquement"
        r"|seulement)\b|\b(?:tu es|vous etes) (?:maintenant|desormais)\b|\bla reponse est toujours"
        r"\b"
    ),
    rule(
        r"\b(?:considere[rz]?|marque[rz]?|traite[rz]?|classe[rz]?)\b[^.\n]{0,60}?\b(?:benin\w*"
        r"|benign\w*|surs?|inoffensi\w*|fiables?|faux positifs?|legitimes?"
        r"|de confiance)\b"
    ),
    rule(
        r"\bn[e']\s?(?:signale[rz]?|rapporte[rz]?|enquete[rz]?|alerte[rz]?"
        r"|examine[rz]?|verifie[rz]?)\b[^.\n]{0,20}?\b(?:pas|jamais|plus|aucun)\b"
        r"|\bne (?:pas|jamais) (?:signaler|enqueter|alerter|rapporter)\b"
    ),
)
_SPANISH_PORTUGUESE_ITALIAN = (
    rule(
        r"\b(?:caso omiso|no (?:tengas?|tenga) en cuenta|non tenere conto|nao leve em conta)\b"
        r"|\b(?:contesta|conteste) (?:siempre|solo)\b"
    ),
    rule(
        r"\b(?:ignora|ignore|ignorar|ignorad|olvida|olvide|omite|esqueca|dimentica"
        r"|desconsidere|ignorare|tralascia)\b[^.\n]{0,40}?\b(?:instrucciones"
        r"|reglas|indicaciones|instrucoes|regras|istruzioni|regole|normas)\b"
    ),
    rule(
        r"\b(?:a partir de ahora|de ahora en adelante|a partir de agora|de agora em diante"
        r"|d'ora in poi|da ora in poi|da adesso)\b"
    ),
    rule(
        r"\b(?:responde|responda|responder|rispondi|rispondere)\b[^.\n]{0,20}?\b(?:siempre"
        r"|solo|solamente|unicamente|sempre|apenas|soltanto)\b|\b(?:ahora eres"
        r"|eres ahora|agora voce e|ora sei)\b|\bla respuesta (?:es siempre"
        r"|siempre es)\b"
    ),
    rule(
        r"\b(?:como|come|son siempre|es siempre|sono sempre)\b[^.\n]{0,20}?\b(?:benign\w*"
        r"|segur[oa]s?|inofensiv\w*|confiable\w*|legitim\w*|falsos? positivos?"
        r"|innocu\w*|affidabil\w*|inocu\w*)\b"
    ),
    rule(
        r"\b(?:no|nao|non) (?:lo |la |los |las |le |o |a )?(?:reportes?|investigues?"
        r"|informes?|alertes|escales|relate|investigue|segnalare|indagare|reporte)\b"
        r"|\bnunca (?:investigues?|reportes?|informes?|investigue)\b"
    ),
)
_OTHERS = (
    rule(r"(?:지시|명령|규칙|지침)[^.\n]{0,12}?(?:무시|잊)|(?:항상|이제부터|앞으로)[^.\n]{0,20}?(?:답|응답)"),
    rule(r"(?:تجاهل|انس|تجاوز)[^.\n]{0,30}?(?:التعليمات|القواعد|الأوامر)|من الآن فصاعدا"),
    rule(
        r"(?:talimat\w*|kural\w*|yonerge\w*)[^.\n]{0,20}?(?:yok say|gormezden"
        r"|unut|dikkate alma)|\b(?:z?ignoruj\w*|zapomnij|pomin)\b[^.\n]{0,30}?\b(?:instrukcj\w*"
        r"|zasad\w*|polece\w*)"
    ),
    rule(
        r"\b(?:negeer|vergeet)\b[^.\n]{0,30}?\b(?:instructies|regels|aanwijzingen)\b"
        r"|\b(?:ignorera|glom)\b[^.\n]{0,30}?\b(?:instruktion\w*|regler\w*)\b"
    ),
    rule(
        r"(?:忽略|无视|忘记|忘掉|不要理会|别管|不理会|不用管|抛弃|不要遵[守循]|忽視|無視)[^。\n]{0,20}?(?:指令|指示|规则|規則|说明|要求|提示|命令)"
    ),
    rule(
        r"从现在(?:起|开始)|從現在|今后(?:请)?|(?:你|您)现在是|(?:必须|务必|请)?(?:总是|始终|永远|一律|只能|仅|只需|只)(?:回答|回复|返回|输出|提交)"
    ),
    rule(
        r"(?:标记|视|當|当|看|判定|归类|分类|认定)(?:作|为|成|做|為)[^。\n]{0,12}?(?:良性|安全|可信|误报"
        r"|正常|无害|白名单)|(?:加入|列入|添加到)[^。\n]{0,8}?白名单"
    ),
    rule(
        r"(?:不要|不得|无需|不必|请勿|禁止|切勿|不用)(?:再)?(?:报告|调查|上报|告诉|告警|检查|升级|通知|核实|验证)"
        r"|(?:都|均|总|永远|始终)是?(?:良性|安全|误报|无害|可信)|答案(?:总|始终|永远|一直|一律)(?:是|为)"
    ),
    rule(
        r"(?:игнориру\w*|забуд\w*|не следуй\w*)[^.\n]{0,40}?(?:инструкц\w*"
        r"|правил\w*|указани\w*|команд\w*)|с этого момента|отныне|(?:всегда"
        r"|только) отвеча\w*|отвеча\w* (?:всегда|только)"
    ),
    rule(
        r"(?:не (?:сообща\w*|расследу\w*|докладыва\w*))|(?:считай\w*|помеча\w*"
        r"|отмеча\w*)[^.\n]{0,40}?(?:безопасн\w*|доверенн\w*|ложн\w*|безвредн\w*)"
    ),
    rule(
        r"(?:これまで|以前|上記|すべて|全て)の[^。\n]{0,10}?(?:指示|命令|ルール)[^。\n]{0,10}?(?:無視"
        r"|忘れ)|今後は|常に[^。\n]{0,12}?無害|常に[^。\n]{0,20}?(?:答え|回答)|(?:報告|調査)し(?:ない"
        r"|てはいけ)"
    ),
)

LANGUAGES = Rules(*_GERMAN, *_FRENCH, *_SPANISH_PORTUGUESE_ITALIAN, *_OTHERS)
