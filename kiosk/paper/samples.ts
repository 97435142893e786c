/** Receipts to look at and to test with: an ordinary one in each language, and one in which everything is too long. */
import type { Lang } from '../contract/lang.ts';
import type { Receipt } from '../contract/receipt.ts';

type Words = Omit<Receipt, 'lang' | 'number' | 'copy'> & { readonly copy: string };

const words: Readonly<Record<Lang, Words>> = {
  'zh-HK': {
    site: '灣仔示範服務站',
    title: '已確認晶片資料',
    at: '2021年11月28日 02:39',
    numberLabel: '確認編號',
    blocks: [
      { kind: 'pair', label: '卡', value: 'A12****(3)' },
      { kind: 'pair', label: '姓名', value: 'SHEUNG K*** H***' },
      { kind: 'pair', label: '核對', value: '持證人已查看晶片內的資料，並表示正確' },
      { kind: 'rule' },
      { kind: 'next', label: '下一步', lines: ['你無須再辦任何手續'] },
    ],
    contact: ['查詢：本機右邊的詢問處，電話 2824 6111'],
    copy: '副本',
  },
  'zh-CN': {
    site: '湾仔示范服务站',
    title: '芯片资料：请到柜台',
    at: '2021年11月28日 02:39',
    numberLabel: '确认编号',
    blocks: [
      { kind: 'pair', label: '卡', value: 'A12****(3)' },
      { kind: 'pair', label: '姓名', value: '常＊＊' },
      { kind: 'pair', label: '持证人表示以下有误', value: '出生日期' },
      { kind: 'rule' },
      { kind: 'next', label: '下一步', lines: ['请带上本凭条和您的卡到柜台', '本机右边的咨询处'] },
    ],
    contact: ['查询：本机右边的咨询处，电话 2824 6111'],
    copy: '副本',
  },
  en: {
    site: 'Wan Chai Demonstration Kiosk',
    title: 'Chip data: please see the counter',
    at: '28 Nov 2021, 02:39',
    numberLabel: 'Confirmation number',
    blocks: [
      { kind: 'pair', label: 'Card', value: 'A12****(3)' },
      { kind: 'pair', label: 'Name', value: 'SHEUNG K*** H***' },
      { kind: 'pair', label: 'Holder says this is wrong', value: 'Date of birth' },
      { kind: 'rule' },
      {
        kind: 'next',
        label: 'What next',
        lines: ['Bring this slip and your card to the counter', 'the enquiry desk to the right of this machine'],
      },
    ],
    contact: ['Help: the enquiry desk to the right of this machine, telephone 2824 6111'],
    copy: 'COPY',
  },
};

/** An ordinary slip of the smart card flow. */
export function sample(lang: Lang, copy = false): Receipt {
  return { ...words[lang], lang, number: 'HTD3LDEQAYJYDS2', copy: copy ? words[lang].copy : null };
}

/** Long names, labels without a space, many lines, a number of the greatest length. */
export function nasty(lang: Lang, copy = false): Receipt {
  const chinese = '香港特別行政區政府入境事務處人事登記處（灣仔）智能身份證自助服務站，「二樓」詢問處。';
  const latin = 'RAMASWAMYVENKATASUBRAMANIANSRINIVASARAGHAVAN';
  return {
    ...words[lang],
    lang,
    site: lang === 'en' ? `Registration of Persons Office, ${latin}, Immigration Headquarters` : chinese,
    title: lang === 'en' ? 'Your declaration about the quarantine-related arrangements was received' : chinese,
    number: 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789',
    blocks: [
      { kind: 'heading', text: lang === 'en' ? 'Everything that you told us about your journey' : chinese },
      { kind: 'pair', label: words[lang].numberLabel, value: `${latin} M*** D***` },
      { kind: 'pair', label: chinese, value: `${latin}${latin}` },
      { kind: 'text', text: `${chinese}${chinese} ${latin}, ${latin}. 2824 6111` },
      { kind: 'rule' },
      { kind: 'next', label: chinese, lines: [chinese, latin, 'Gg jp qy ÅÉ （「』」）'] },
    ],
    contact: [chinese, 'https://www.example.gov.hk/a/rather/long/address/without/any/space/in/it'],
    copy: copy ? words[lang].copy : null,
  };
}
